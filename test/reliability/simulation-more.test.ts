// The same as simulation.test.ts with other seeds, so that a second processor has its share.
import { expect, it } from "vitest";
import { repetitions } from "../support/figures.js";
import { runSimulations, simulationFigures } from "../support/simulation/simulation-run.js";

const COUNT = repetitions({ ci: 850, full: 400_000 });

it("keeps every promise of the upstream through schedules of other seeds", async () => {
  const totals = await runSimulations({ count: COUNT, from: 1_000_001 });
  if (totals.failure !== undefined) expect.fail(totals.failure);
  expect(totals.unhandled, "unhandled rejections").toBe(0);
  simulationFigures(totals, {
    id: "11-simulation-more",
    title: "Simulated faults: the connection, other seeds",
    contract:
      "No byte that reached this machine is lost, none is doubled where the server counts its output, no typed byte is sent twice or into another shell, and every shell comes back.",
    method: "As above; two files, so that two processors have work.",
    command:
      "AGENTD_FIGURES=full npx vitest run test/reliability/simulation-more.test.ts --testTimeout=7200000",
  });
}, 7_200_000);
