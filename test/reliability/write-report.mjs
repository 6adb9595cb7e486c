// Writes docs/reliability.md from the sections in .figures/, which the experiments in this folder leave there.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const from = join(root, ".figures");
const sections = readdirSync(from)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(from, name), "utf8")));

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;

const lines = [
  "# Reliability, in figures",
  "",
  "Written by `npm run figures`, which runs the experiments in `test/reliability` in full; every `npm test` runs a small, fixed share of each.",
  `A failure prints its seed; \`AGENTD_SEED=<seed>\` repeats it. Version ${version}, on ${machine}.`,
  "",
  ...sections.flatMap((section) => [
    `## ${section.title}`,
    "",
    `**${section.contract}**`,
    "",
    section.method,
    "",
    "| measure | value |",
    "|---|---|",
    ...section.rows.map(([measure, value]) => `| ${measure} | ${value} |`),
    ...(section.seeds ? [`| seeds | ${section.seeds[0]} to ${section.seeds[1]} |`] : []),
    `| command | \`${section.command}\` |`,
    `| date | ${section.date} |`,
    "",
  ]),
];
writeFileSync(join(root, "docs", "reliability.md"), `${lines.join("\n").trimEnd()}\n`);
console.log(`docs/reliability.md: ${sections.length} sections`);
