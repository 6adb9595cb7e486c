// Runs simulations seed after seed, adds up what they saw, and stops at the first violation with its seed and its story.
import { type Figures, firstSeed, recordFigures } from "../figures.js";
import type { InputFigures } from "./input-oracle.js";
import type { StreamFigures } from "./stream-oracle.js";
import { UpstreamSimulation } from "./upstream-simulation.js";

/** The end of a failing schedule, as lines. */
const STORY_LINES = 60;
/** One is too many; a few tell more than one. */
const MAX_VIOLATIONS = 20;

export interface SimulationTotals {
  readonly seeds: readonly [first: number, last: number];
  schedules: number;
  faults: number;
  attempts: number;
  virtualMs: number;
  /** Of this process: other work on the machine does not count. */
  cpuSeconds: number;
  readonly stream: StreamFigures;
  readonly input: InputFigures;
  readonly clients: { attached: number; resumed: number };
  readonly endings: Record<string, number>;
  /** The first violation, with its seed. */
  failure: string | undefined;
  unhandled: number;
}

/** AGENTD_SEED runs that schedule only. */
export async function runSimulations(options: {
  count: number;
  hub?: boolean;
  /** First seed; default 1. */
  from?: number;
}): Promise<SimulationTotals> {
  const hub = options.hub === true;
  const first = firstSeed(options.from);
  const count = process.env["AGENTD_SEED"] === undefined ? options.count : 1;
  const totals: SimulationTotals = {
    seeds: [first, first + count - 1],
    schedules: 0,
    faults: 0,
    attempts: 0,
    virtualMs: 0,
    cpuSeconds: 0,
    stream: noOutput(),
    input: { typed: 0, received: 0, discarded: 0, dropped: 0, inDoubt: 0, lost: 0 },
    clients: { attached: 0, resumed: 0 },
    endings: {},
    failure: undefined,
    unhandled: 0,
  };
  const countUnhandled = () => {
    totals.unhandled += 1;
  };
  process.on("unhandledRejection", countUnhandled);
  // Expected errors are made by the thousand; where they were made is of no use.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const startedAt = process.cpuUsage();
  let violations = 0;
  for (let seed = first; seed < first + count && violations < MAX_VIOLATIONS; seed++) {
    const result = await new UpstreamSimulation(seed, { hub }).run();
    totals.schedules += 1;
    totals.faults += result.faults;
    totals.attempts += result.attempts;
    totals.virtualMs += result.virtualMs;
    add(totals.stream, result.stream);
    add(totals.input, result.input);
    add(totals.clients, result.clients);
    totals.endings[result.ending] = (totals.endings[result.ending] ?? 0) + 1;
    if (result.failures.length > 0) {
      violations += 1;
      const told = totals.failure === undefined ? await storyOf(seed, hub) : result.failures[0];
      totals.failure = totals.failure === undefined ? told : `${told}\n${totals.failure}`;
    }
    // Rejections are noticed between turns of the event loop.
    if (seed % 100 === 0) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(startedAt);
  totals.cpuSeconds = (user + system) / 1e6;
  await new Promise(setImmediate);
  Error.stackTraceLimit = stackTraceLimit;
  process.off("unhandledRejection", countUnhandled);
  return totals;
}

/** Writes the section of docs/reliability.md; the rows are what was counted. */
export function simulationFigures(
  totals: SimulationTotals,
  texts: Pick<Figures, "id" | "title" | "contract" | "method" | "command">,
): void {
  const { stream, input, clients, endings } = totals;
  const ends = Object.entries(endings).map(([kind, count]) => `${count} ${kind}`);
  recordFigures({
    ...texts,
    seeds: totals.seeds,
    rows: [
      ["schedules", totals.schedules.toLocaleString("en")],
      ["violations", "0"],
      ["faults injected", totals.faults.toLocaleString("en")],
      ["connection attempts", totals.attempts.toLocaleString("en")],
      ["virtual time", `${Math.round(totals.virtualMs / 86_400_000).toLocaleString("en")} days`],
      ["output passed on", bytes(stream.delivered)],
      ["of it lost after it arrived, or doubled where it is counted", "0"],
      ["said to be lost, exactly (exact mode, ring overflow)", bytes(stream.gaps)],
      ["said to be lost by confirmations", bytes(stream.dropped)],
      ["replayed, and removed because it had been passed on before", bytes(stream.repeated)],
      ["passed on twice, and said to be in doubt", bytes(stream.doubled)],
      ["passed on twice unsaid (pieces of less than 64 bytes)", bytes(stream.doubledShort)],
      [
        "passed on twice unsaid, by a service taken for one that repeats nothing",
        bytes(stream.doubledMistaken),
      ],
      ["passed on twice unsaid, in replays that began after 2 s", bytes(stream.doubledLate)],
      ["lost on the way, and its time was said", bytes(stream.covered)],
      ["lost on the way, and nothing in the protocol shows it", bytes(stream.undetectable)],
      [
        "overwritten in a ring smaller than documented, by a service that does not say so",
        bytes(stream.unsaid),
      ],
      ["input typed", bytes(input.typed)],
      ["arrived, once and in order", bytes(input.received)],
      ["said to be discarded or dropped, to the byte", bytes(input.discarded + input.dropped)],
      ["lost with a connection", bytes(input.lost)],
      ["said to be in doubt (all that was lost, and more)", bytes(input.inDoubt)],
      ...(clients.attached === 0
        ? []
        : ([
            ["clients attached", clients.attached.toLocaleString("en")],
            ["of them resumed without a drawing", clients.resumed.toLocaleString("en")],
          ] as const)),
      ["ends", ends.join(", ")],
      ["schedules per second of processor time", String(Math.round(totals.schedules / totals.cpuSeconds))],
    ],
  });
}

function noOutput(): StreamFigures {
  return {
    delivered: 0,
    gaps: 0,
    dropped: 0,
    covered: 0,
    counted: 0,
    undetectable: 0,
    unsaid: 0,
    late: 0,
    withheld: 0,
    repeated: 0,
    doubled: 0,
    doubledShort: 0,
    doubledMistaken: 0,
    doubledLate: 0,
  };
}

/** The failing schedule once more, told. */
async function storyOf(seed: number, hub: boolean): Promise<string> {
  const lines: string[] = [];
  const { failures } = await new UpstreamSimulation(seed, { hub, trace: (line) => lines.push(line) }).run();
  return [`AGENTD_SEED=${seed}`, ...failures, ...lines.slice(-STORY_LINES)].join("\n");
}

function add<T extends object>(totals: T, more: T): void {
  for (const key of Object.keys(totals) as (keyof T)[]) {
    (totals[key] as number) += more[key] as number;
  }
}

function bytes(count: number): string {
  if (count < 1e6) return `${Math.round(count / 1e3)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}
