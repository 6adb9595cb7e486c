// Runs the benchmarks that were asked for, or all of them, and prints and keeps their tables.
import { execFileSync } from "node:child_process";
import { Bench, type Measure } from "./measure.js";
import { attach } from "./measures/attach.js";
import { bytes } from "./measures/bytes.js";
import { crash } from "./measures/crash.js";
import { cycles } from "./measures/cycles.js";
import { echo } from "./measures/echo.js";
import { flood } from "./measures/flood.js";
import { idle, many, memory } from "./measures/many-shells.js";
import { paste } from "./measures/paste.js";
import { keepTable, machineFacts, tableText, writePage } from "./speed-report.js";

/** In the order of the page. */
const MEASURES: readonly Measure[] = [attach, echo, flood, paste, bytes, memory, idle, many, cycles, crash];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((word) => !MEASURES.some(({ id }) => id === word));
if (unknown.length > 0) {
  console.error(
    `no measure '${unknown.join("', '")}' · there are: ${MEASURES.map(({ id }) => id).join(", ")}`,
  );
  process.exit(2);
}

const full = process.env["AGENTD_BENCH"] === "full";
const bench = new Bench(full);
console.log(machineFacts());
for (const name of bench.missing) console.log(`${name} is not installed: not measured`);

let failed = false;
for (const [order, measure] of MEASURES.entries()) {
  if (wanted.length > 0 && !wanted.includes(measure.id)) continue;
  const began = performance.now();
  try {
    const table = await measure.run(bench);
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`\n## ${measure.title} (${measure.id}, ${seconds} s)\n\n${tableText(table)}`);
    keepTable(measure, order, table, full);
  } catch (error) {
    failed = true;
    console.error(`\n## ${measure.title} (${measure.id}) failed:`, error);
  } finally {
    bench.endPeers();
  }
}
// A part of a quick run is for who changes something; the page is for readers.
if (full || wanted.length === 0) writePage(versions(), bench.missing);
bench.end();
process.exit(failed ? 1 : 0);

function versions(): string[] {
  const first = (file: string, ...args: string[]) => {
    try {
      return execFileSync(file, args, { encoding: "utf8" }).split("\n")[0]?.trim() ?? file;
    } catch (error) {
      // screen answers a question for its version with a failure.
      return (
        String((error as { stdout?: string }).stdout ?? file)
          .split("\n")[0]
          ?.trim() || file
      );
    }
  };
  const known: Record<string, () => string> = {
    tmux: () => first("tmux", "-V"),
    screen: () => first("screen", "-v"),
    dtach: () => first("dtach", "--version"),
  };
  return Object.entries(known)
    .filter(([name]) => !bench.missing.includes(name))
    .map(([, ask]) => ask());
}
