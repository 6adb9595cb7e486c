// How fast a paste reaches the program, and whether every byte of it does.
import { createHash, randomBytes } from "node:crypto";
import type { Bench, Measure, Table } from "../measure.js";
import type { OuterTerminal } from "../outer-terminal.js";
import { RELAY } from "../peers/relay.js";
import { attachTo } from "../prepare-session.js";
import { RAW_READY, rawProgram } from "../raw-program.js";
import { figure, Samples } from "../statistics.js";

const NAMES = ["direct", "agentd", "relay", "dtach", "tmux", "screen"] as const;
const TARGET = 20;
/** Whoever drops a byte never gets to the end. */
const LIMIT_MS = 5000;

export const paste: Measure = {
  id: "paste",
  title: "A paste of 1 MB",
  async run(bench: Bench): Promise<Table> {
    // Text: no byte of it is anybody's command key.
    const bytes = Buffer.from(randomBytes(750_000).toString("base64"));
    const expected = createHash("sha256").update(bytes).digest("hex");
    const command = `${rawProgram(bench.home, "reader")} ${bytes.length}`;
    const outers = new Map<string, OuterTerminal>();
    for (const peer of bench.peers(NAMES)) {
      await peer.start("main");
      outers.set(peer.name, await attachTo(peer, "main"));
    }
    const speed = new Samples();
    const broken = new Set<string>();
    const stuck = new Set<string>();
    for (let i = 0; i < bench.times(7, 15); i++) {
      for (const [name, outer] of outers) {
        if (stuck.has(name)) continue;
        const ready = outer.seen(RAW_READY);
        outer.command(command);
        await ready;
        const shown = outer.seen(":END", LIMIT_MS).catch(() => undefined);
        const began = performance.now();
        outer.type(bytes);
        const at = await shown;
        if (at === undefined) {
          stuck.add(name);
          continue;
        }
        speed.add(name, bytes.length / 1000 / (at - began));
        if (!outer.recent.includes(`GOT:${expected}:END`)) broken.add(name);
      }
    }
    for (const outer of outers.values()) await outer.close();
    const cells = [...outers.keys()].map((name) => [
      name,
      stuck.has(name)
        ? "bytes lost"
        : `${figure(speed.median(name))}, ${broken.has(name) ? "**changed**" : "exact"}`,
    ]);
    return {
      columns: [...NAMES],
      rows: [
        {
          name: "MB/s",
          cells: Object.fromEntries(cells),
          target: `≥ ${TARGET} MB/s, exact`,
          met: speed.median("agentd") >= TARGET && !broken.has("agentd") && !stuck.has("agentd"),
        },
      ],
      method: `From writing the first byte to the terminal until a program in raw mode, which reads all of it, has printed its SHA-256. relay: ${RELAY}.`,
    };
  },
};
