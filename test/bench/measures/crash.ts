// The daemon dies while somebody types: how long until the next key comes back, in the same shell.
import { setTimeout as pause } from "node:timers/promises";
import { EchoProbe } from "../echo-probe.js";
import type { Bench, Measure, Table } from "../measure.js";
import { attachTo } from "../prepare-session.js";
import { figure, Samples } from "../statistics.js";

const LIMIT_MS = 2000;

export const crash: Measure = {
  id: "crash",
  title: "The daemon is killed (-9) under an attached client",
  async run(bench: Bench): Promise<Table> {
    const agentd = bench.agentd();
    await agentd.start("main");
    const outer = await attachTo(agentd, "main");
    const probe = await EchoProbe.begin(outer);
    const samples = new Samples();
    const shells = new Set<number | undefined>();
    for (let i = 0; i < bench.times(5, 30); i++) {
      process.kill(agentd.daemon(), "SIGKILL");
      samples.add("agentd", await probe.keyAfterTrouble());
      const connection = await agentd.connection();
      shells.add((await connection.call("shell.info", { name: "main" })).shell.pid);
      connection.close();
      await pause(500);
    }
    await outer.close();
    const worst = samples.percentile("agentd", 100);
    return {
      columns: ["agentd, median", "agentd, longest", "the shell"],
      rows: [
        {
          name: "until the next key's echo",
          cells: {
            "agentd, median": `${figure(samples.median("agentd"))} ms`,
            "agentd, longest": `${figure(worst)} ms`,
            "the shell": shells.size === 1 ? "the same process" : "**lost**",
          },
          target: `≤ ${LIMIT_MS} ms`,
          met: worst <= LIMIT_MS && shells.size === 1,
        },
      ],
      method:
        "A key every 20 ms from the kill on; the client starts the next daemon. tmux, screen and dtach lose their shells with their process.",
    };
  },
};
