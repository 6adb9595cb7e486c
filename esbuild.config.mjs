// Builds the programs of agentd as single CommonJS files: the client (and what starts it), the daemon, the local runtime.
import { createHash } from "node:crypto";
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { writeCodeCache } from "./client/code-cache.mjs";

rmSync("dist", { recursive: true, force: true });

async function buildProgram(entry, file, { define, ...options } = {}) {
  const name = file.replace(/\..*/, "");
  const result = await build({
    entryPoints: [entry],
    outfile: `dist/${file}`,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // Native code cannot be bundled; it is found in node_modules.
    external: ["@lydell/node-pty"],
    define: { "import.meta.dirname": "__dirname", ...define },
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    ...options,
  });
  writeFileSync(`dist/${name}.meta.json`, JSON.stringify(result.metafile));
}

await buildProgram("client/main.ts", "client.js", {
  banner: { js: "(function(require,module,exports,__dirname){" },
  footer: { js: "})" },
});
// The name holds the source's hash: V8 itself compares no more than lengths.
const hash = createHash("sha256").update(readFileSync("dist/client.js")).digest("hex");
const cacheName = `client-${hash.slice(0, 16)}.cache`;
await buildProgram("client/start.ts", "agentd.cjs", {
  banner: { js: "#!/usr/bin/env node" },
  define: { CACHE_NAME: JSON.stringify(cacheName) },
});
// What draws on a terminal with blessed, which reads files of its own package: found in node_modules as well.
await buildProgram("client/tui/main.ts", "tui.cjs", { external: ["blessed"] });
await buildProgram("daemon/upstream/service/aws.ts", "aws.cjs");
const awsApart = {
  name: "aws-apart",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/aws\.js$/ }, () => ({ path: "./aws.cjs", external: true })),
};
await buildProgram("daemon/main.ts", "daemon.cjs", {
  plugins: [awsApart],
  // As a require(): Node's loader of modules would cost more than the file.
  supported: { "dynamic-import": false },
});
await buildProgram("daemon/local/main.ts", "runtime.cjs");
// The page: the daemon serves what is in dist/web, and nothing else.
const { metafile } = await build({
  entryPoints: ["client/web/main.ts", "client/web/main.css"],
  outdir: "dist/web",
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox113", "safari16.4"],
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
});
writeFileSync("dist/web.meta.json", JSON.stringify(metafile));
for (const name of readdirSync("client/web").filter((file) => /\.(html|svg)$/.test(file)))
  cpSync(`client/web/${name}`, `dist/web/${name}`);
for (const file of ["agentd.cjs", "daemon.cjs", "runtime.cjs"]) chmodSync(`dist/${file}`, 0o755);

// Last, because it runs what has been built.
await buildProgram("client/start-recorded.ts", "recorder.cjs");
await writeCodeCache(resolve("dist"), cacheName);
for (const file of ["recorder.cjs", "recorder.meta.json"]) rmSync(`dist/${file}`);
