// Whether all 256 byte values get through, from the program to the terminal and from the keyboard to the program.
import { setTimeout as pause } from "node:timers/promises";
import type { Bench, Measure, Row, Table } from "../measure.js";
import { OuterTerminal } from "../outer-terminal.js";
import { PROMPT } from "../peers/peer.js";
import { RAW_READY, rawProgram } from "../raw-program.js";

const NAMES = ["direct", "agentd", "dtach", "tmux", "screen"] as const;
const ALL = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

export const bytes: Measure = {
  id: "bytes",
  title: "All 256 byte values",
  async run(bench: Bench): Promise<Table> {
    const command = rawProgram(bench.home, "bothWays");
    const out: Record<string, string> = {};
    const inward: Record<string, string> = {};
    for (const peer of bench.peers(NAMES, { transparent: true })) {
      await peer.start("main");
      const outer = new OuterTerminal(peer.attach("main"), peer.env);
      await outer.seen(PROMPT);
      const received: Buffer[] = [];
      outer.onOutput = (chunk) => void received.push(Buffer.from(chunk));
      const ready = outer.seen(RAW_READY);
      outer.command(command);
      await ready;
      await pause(100);
      const answered = outer.seen(":END");
      outer.type(ALL);
      await answered;
      const all = Buffer.concat(received);
      const marked = Buffer.concat([Buffer.from("<<<<"), ALL, Buffer.from(">>>>")]);
      out[peer.name] = all.includes(marked) ? "exact" : "changed";
      const got = Buffer.from(/GOT:([0-9a-f\s]*):END/.exec(all.toString("latin1"))?.[1] ?? "", "hex");
      inward[peer.name] = got.equals(ALL) ? "exact" : `changed (${got.length} of 256)`;
      await outer.close();
    }
    const row = (name: string, cells: Readonly<Record<string, string>>): Row => ({
      name,
      cells,
      target: "exact",
      met: cells["agentd"] === "exact",
    });
    return {
      columns: [...NAMES],
      rows: [row("program to terminal", out), row("keyboard to program", inward)],
      method:
        "A program in raw mode writes them in one piece and then reads what is typed; agentd runs with `escapes = 'raw'` and `keys.prefix = 'none'` (by default it keeps what could harm a terminal, and takes its prefix key). A terminal emulator (tmux, screen) draws what it understood.",
    };
  },
};
