// The upstream in virtual time: seeded fault schedules against a simulated service, every byte judged.
import { expect, it } from "vitest";
import { repetitions } from "../support/figures.js";
import { faultKinds } from "../support/simulation/schedule.js";
import { runSimulations, simulationFigures } from "../support/simulation/simulation-run.js";

const COUNT = repetitions({ ci: 2_000, full: 550_000 });

it("keeps every promise of the upstream through seeded schedules of faults", async () => {
  const totals = await runSimulations({ count: COUNT });
  if (totals.failure !== undefined) expect.fail(totals.failure);
  expect(totals.unhandled, "unhandled rejections").toBe(0);
  simulationFigures(totals, {
    id: "10-simulation",
    title: "Simulated faults: the connection",
    contract:
      "No byte that reached this machine is lost, none is doubled where the server counts its output, no typed byte is sent twice or into another shell, and every shell comes back.",
    method: `The real connection code (daemon/upstream) under a virtual clock against a simulated service: 2 to 30 faults of ${faultKinds.length} kinds in a minute to hours of virtual time (cuts, half-open and frozen connections, refusals, lost answers, recycled machines, take-overs, clock jumps, a stopped process, a sleeping machine). Output and input carry their positions; after the faults everything must be back within 450 s, and stopping must leave no timer and no connection.`,
    command: "AGENTD_FIGURES=full npx vitest run test/reliability/simulation.test.ts --testTimeout=7200000",
  });
}, 7_200_000);
