// The tables: on the screen as they come, in .figures/speed until the next run, and as docs/speed.md.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { Measure, Table } from "./measure.js";

const directory = join(".figures", "speed");

interface Section extends Table {
  readonly title: string;
  readonly command: string;
  readonly date: string;
}

export function machineFacts(): string {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  const [cpu] = cpus();
  return `agentd ${version}, ${cpus().length} cores (${cpu?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
}

/** The table in Markdown. */
export function tableText({ columns, rows }: Table): string {
  const withTarget = rows.some(({ target }) => target !== undefined);
  const head = ["", ...columns, ...(withTarget ? ["target for agentd"] : [])];
  const lines = rows.map(({ name, cells, target, met }) => {
    const verdict = target === undefined ? "" : `${target}: ${met === true ? "met" : "**not met**"}`;
    return [name, ...columns.map((column) => cells[column] ?? "–"), ...(withTarget ? [verdict] : [])];
  });
  const all = [head, head.map(() => "---"), ...lines];
  return all.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Keeps a table for the page. `order`: its place there. */
export function keepTable(measure: Measure, order: number, table: Table, full: boolean): void {
  mkdirSync(directory, { recursive: true });
  const section: Section = {
    ...table,
    title: measure.title,
    command: `${full ? "AGENTD_BENCH=full " : ""}npm run bench -- ${measure.id}`,
    date: new Date().toISOString().slice(0, 10),
  };
  const file = `${String(order).padStart(2, "0")}-${measure.id}.json`;
  writeFileSync(join(directory, file), JSON.stringify(section, null, 2));
}

/** Writes docs/speed.md from all tables that are kept. */
export function writePage(versions: readonly string[], missing: readonly string[]): void {
  const sections = readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Section);
  const absent = missing.length === 0 ? "" : ` Not installed, so not measured: ${missing.join(", ")}.`;
  const lines = [
    "# Speed, in figures",
    "",
    "Written by `npm run bench` (`AGENTD_BENCH=full` for many repetitions): every program in the same run, in turns, so that noise hits all alike; measured",
    "from outside, at the terminal a user would sit at. All sessions: 80x24, `bash --norc --noprofile`, `TERM=xterm-256color`, no config files.",
    "",
    `On ${machineFacts()}; ${versions.join(", ")}.${absent}`,
    "",
    ...sections.flatMap((section) => [
      `## ${section.title}`,
      "",
      section.method,
      "",
      tableText(section),
      "",
      `\`${section.command}\`, ${section.date}`,
      "",
    ]),
  ];
  writeFileSync(join("docs", "speed.md"), `${lines.join("\n").trimEnd()}\n`);
}
