// The upstream in simulated time: seeded fault schedules against a simulated service, every byte judged.
import { expect, it } from "vitest";
import { firstSeed, recordFigures, repetitions } from "../support/figures.js";
import { UpstreamSimulation } from "../support/simulation/upstream-simulation.js";

const SCHEDULES = repetitions({ ci: 3_000, full: 900_000 });
const TRACE_LINES = 60;

it("keeps every promise of the upstream through seeded fault schedules", async () => {
  const first = firstSeed();
  const count = process.env["AGENTD_SEED"] === undefined ? SCHEDULES : 1;
  const endings: Record<string, number> = {};
  const startedAt = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const result = await new UpstreamSimulation(seed).run();
    endings[result.ending] = (endings[result.ending] ?? 0) + 1;
    if (result.failures.length > 0) {
      const lines: string[] = [];
      await new UpstreamSimulation(seed, { trace: (line) => lines.push(line) }).run();
      expect.fail([...result.failures, ...lines.slice(-TRACE_LINES)].join("\n"));
    }
  }
  console.log(count / ((performance.now() - startedAt) / 1000), endings);
  recordFigures;
}, 7_200_000);
