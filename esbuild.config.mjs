// Builds the three programs of agentd as single CommonJS files: the client (what users start), the daemon, the local runtime.
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });

const programs = {
  // Each program is one file, so that `agentd attach` starts with one read; see test/client-bundle.test.ts for what must stay out.
  agentd: "client/main.ts",
  daemon: "daemon/main.ts",
  runtime: "daemon/local/main.ts",
};

for (const [name, entry] of Object.entries(programs)) {
  if (!existsSync(entry)) continue;
  const result = await build({
    entryPoints: [entry],
    outfile: `dist/${name}.cjs`,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // Native code cannot be bundled; it is found in node_modules.
    external: ["@lydell/node-pty"],
    define: { "import.meta.dirname": "__dirname" },
    banner: name === "agentd" ? { js: "#!/usr/bin/env node" } : {},
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  writeFileSync(`dist/${name}.meta.json`, JSON.stringify(result.metafile));
  chmodSync(`dist/${name}.cjs`, 0o755);
}
