// The whole shell hub in virtual time: the same fault schedules, with clients that attach, leave, die and resume.
import { expect, it } from "vitest";
import { repetitions } from "../support/figures.js";
import { runSimulations, simulationFigures } from "../support/simulation/simulation-run.js";

const COUNT = repetitions({ ci: 150, full: 50_000 });

it("shows every client of the hub the whole output through seeded schedules of faults", async () => {
  const totals = await runSimulations({ count: COUNT, hub: true });
  if (totals.failure !== undefined) expect.fail(totals.failure);
  expect(totals.unhandled, "unhandled rejections").toBe(0);
  simulationFigures(totals, {
    id: "12-simulation-hub",
    title: "Simulated faults: the hub and its clients",
    contract:
      "Every attached client gets all output in order and once, from its drawing or from where it had been before it died, and is told the one true end.",
    method:
      "The real hub (`daemon/shell`, screen included) over the real connection code, with the clock, the service and the faults of the simulation above; up to 3 clients attach, detach, die without a word, resume and ask for drawings, often just when something breaks.",
    command:
      "AGENTD_FIGURES=full npx vitest run test/reliability/simulation-hub.test.ts --testTimeout=7200000",
  });
}, 7_200_000);
