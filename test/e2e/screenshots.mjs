// Bundles and runs tui-screenshots.ts: `npm run screenshots`. Needs tmux, Chromium (or CHROMIUM=path) and DejaVu Sans Mono.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

const root = join(import.meta.dirname, "..", "..");
const outfile = join(root, ".figures", "screenshots.mjs");
mkdirSync(join(root, ".figures"), { recursive: true });
buildSync({
  entryPoints: [join(import.meta.dirname, "tui-screenshots.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  // What the sources find by their own place is two folders below the root.
  define: { "import.meta.dirname": JSON.stringify(import.meta.dirname) },
  logLevel: "warning",
});
process.exitCode = spawnSync(process.execPath, [outfile], { stdio: "inherit" }).status ?? 1;
