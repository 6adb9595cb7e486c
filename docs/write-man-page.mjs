// Writes docs/agentd.1 from the command table.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";

const root = join(import.meta.dirname, "..");
const outfile = join(root, ".figures", "man-page.mjs");
mkdirSync(join(root, ".figures"), { recursive: true });
buildSync({
  stdin: {
    contents: `export { commandTable } from "./client/cli/command-table.js"; export { manPage } from "./client/cli/man-page.js";`,
    resolveDir: root,
    loader: "ts",
  },
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
});
const { commandTable, manPage } = await import(pathToFileURL(outfile).href);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
writeFileSync(join(root, "docs", "agentd.1"), manPage(commandTable, version));
