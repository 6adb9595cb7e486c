// Bundles the benchmarks and runs them: `npm run bench -- [measure...]`, AGENTD_BENCH=full for many repetitions.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

const root = join(import.meta.dirname, "..", "..");
const outfile = join(root, ".figures", "bench.mjs");
mkdirSync(join(root, ".figures"), { recursive: true });
buildSync({
  entryPoints: [join(import.meta.dirname, "run.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  logLevel: "warning",
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
