// A thousand times attached and detached: what of it stays with the daemon.
import { setTimeout as pause } from "node:timers/promises";
import type { Bench, Measure, Table } from "../measure.js";
import type { Agentd } from "../peers/agentd.js";
import { SIZE } from "../peers/peer.js";
import { attachTo, prepareSession, printing } from "../prepare-session.js";
import { memoryOf, openDescriptors } from "../process-cost.js";
import { figure } from "../statistics.js";

const OVER_SOCKET = 1000;
const AT_TERMINAL = 50;

export const cycles: Measure = {
  id: "cycles",
  title: `${OVER_SOCKET.toLocaleString("en-US")} attaches and detaches`,
  async run(bench: Bench): Promise<Table> {
    const agentd = bench.agentd();
    await prepareSession(agentd, "main", ["seq 1 6000", printing("ENDOFTEXT")], "ENDOFTEXT");
    const pid = agentd.daemon();
    for (let i = 0; i < 100; i++) await attachOnce(agentd);
    await pause(500);
    const before = { descriptors: openDescriptors(pid), memory: memoryOf(pid).rss };
    const began = performance.now();
    for (let i = 100; i < OVER_SOCKET; i++) await attachOnce(agentd);
    const each = (performance.now() - began) / (OVER_SOCKET - 100);
    for (let i = 0; i < AT_TERMINAL; i++) await (await attachTo(agentd, "main")).close();
    await pause(500);
    const after = { descriptors: openDescriptors(pid), memory: memoryOf(pid).rss };
    const growth = after.memory - before.memory;
    return {
      columns: ["before", "after"],
      rows: [
        {
          name: "descriptors of the daemon",
          cells: { before: String(before.descriptors), after: String(after.descriptors) },
          target: "none left over",
          met: after.descriptors <= before.descriptors,
        },
        {
          name: "resident memory, MB",
          cells: { before: figure(before.memory), after: figure(after.memory) },
          target: "≤ 2 MB more",
          met: growth <= 2,
        },
        { name: "one attach over the socket, ms", cells: { after: figure(each) } },
      ],
      method: `A shell with 5,000 lines of history; "before" is after the first 100. ${AT_TERMINAL} more by real clients.`,
    };
  },
};

/** Attaches, takes the snapshot up to the first frame, and leaves by closing the connection. */
async function attachOnce(agentd: Agentd): Promise<void> {
  const connection = await agentd.connection();
  const stream = await connection.attach({ name: "main", ...SIZE });
  await new Promise<void>((resolve) => {
    stream.start({ onFrame: () => resolve(), onEnd: resolve, onDrain: () => {} });
  });
  stream.destroy();
}
