// A thousand times attached and detached: what of it stays with the daemon.
import { setTimeout as pause } from "node:timers/promises";
import type { Bench, Measure, Table } from "../measure.js";
import type { Agentd } from "../peers/agentd.js";
import { SIZE } from "../peers/peer.js";
import { attachTo, prepareSession, printing } from "../prepare-session.js";
import { memoryOf, openDescriptors } from "../process-cost.js";
import { figure } from "../statistics.js";

const COLUMNS = ["after 100", "after 1,000", "after 3,000"] as const;
const AT_TERMINAL = 50;

export const cycles: Measure = {
  id: "cycles",
  title: "Thousands of attaches and detaches",
  async run(bench: Bench): Promise<Table> {
    const agentd = bench.agentd();
    await prepareSession(agentd, "main", ["seq 1 6000", printing("ENDOFTEXT")], "ENDOFTEXT");
    const pid = agentd.daemon();
    const look = async () => {
      await pause(500);
      return { descriptors: openDescriptors(pid), memory: memoryOf(pid).rss };
    };
    await attachTimes(agentd, 100);
    const first = await look();
    const began = performance.now();
    await attachTimes(agentd, 900);
    const each = (performance.now() - began) / 900;
    for (let i = 0; i < AT_TERMINAL; i++) await (await attachTo(agentd, "main")).close();
    const second = await look();
    await attachTimes(agentd, 2000);
    const third = await look();
    const [early, middle, late] = COLUMNS;
    return {
      columns: COLUMNS,
      rows: [
        {
          name: "descriptors of the daemon",
          cells: {
            [early]: String(first.descriptors),
            [middle]: String(second.descriptors),
            [late]: String(third.descriptors),
          },
          target: "none left over",
          met: third.descriptors <= first.descriptors,
        },
        {
          name: "resident memory, MB",
          cells: {
            [early]: figure(first.memory),
            [middle]: figure(second.memory),
            [late]: figure(third.memory),
          },
          target: "≤ 2 MB more at 1,000",
          met: second.memory - first.memory <= 2,
        },
        { name: "one attach over the socket, ms", cells: { [middle]: figure(each) } },
      ],
      method: `A shell with 5,000 lines of history; ${AT_TERMINAL} of the attaches by real clients. The heap of the daemon grows to its working size and stays there: what leaks shows between 1,000 and 3,000.`,
    };
  },
};

async function attachTimes(agentd: Agentd, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await attachOnce(agentd);
}

/** Attaches, takes the snapshot up to the first frame, and leaves by closing the connection. */
async function attachOnce(agentd: Agentd): Promise<void> {
  const connection = await agentd.connection();
  const stream = await connection.attach({ name: "main", ...SIZE });
  await new Promise<void>((resolve) => {
    stream.start({ onFrame: () => resolve(), onEnd: resolve, onDrain: () => {} });
  });
  stream.destroy();
}
