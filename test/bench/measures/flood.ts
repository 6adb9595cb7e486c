// How fast a flood of output reaches the user's terminal: log, colour, many scripts; one client, and three.
import { statSync } from "node:fs";
import type { Bench, Measure, Row, Table } from "../measure.js";
import type { OuterTerminal } from "../outer-terminal.js";
import { type PayloadKind, writePayload } from "../payloads.js";
import { RELAY } from "../peers/relay.js";
import { attachTo, printing } from "../prepare-session.js";
import { figure, Samples } from "../statistics.js";

const NAMES = ["direct", "agentd", "relay", "dtach", "tmux", "screen"] as const;
const MEGABYTES = 64;
/** Four times what the slowest peer takes. */
const LIMIT_MS = 45_000;

interface Kind {
  readonly name: string;
  readonly payload: PayloadKind;
  readonly clients: number;
  /** At most this many times tmux's time. */
  readonly target: number;
}

const KINDS: readonly Kind[] = [
  { name: "ASCII log", payload: "ascii", clients: 1, target: 1 },
  { name: "colour (SGR)", payload: "colour", clients: 1, target: 0.4 },
  { name: "UTF-8 (CJK, emoji)", payload: "utf8", clients: 1, target: 0.25 },
  { name: "ASCII log, 3 clients", payload: "ascii", clients: 3, target: 1 },
];

export const flood: Measure = {
  id: "flood",
  title: `A flood of ${MEGABYTES} MiB`,
  async run(bench: Bench): Promise<Table> {
    const rows: Row[] = [];
    for (const kind of KINDS) rows.push(await measureKind(bench, kind));
    return {
      columns: ["direct", "agentd", "agentd / direct", "agentd / tmux", "relay", "dtach", "tmux", "screen"],
      rows,
      method: `Seconds, median, from typing \`cat FILE\` until a word printed after it has arrived at the terminal (at all of them); in parentheses how much of the file's size arrived there, per client: what is missing was drawn over or replaced by a redraw. A direct terminal has no second client; of output lost the end never came. relay: ${RELAY}.`,
    };
  },
};

async function measureKind(bench: Bench, kind: Kind): Promise<Row> {
  const file = writePayload(bench.home, kind.payload, MEGABYTES);
  const size = statSync(file).size;
  const names = kind.clients === 1 ? NAMES : NAMES.filter((name) => name !== "direct");
  const contenders: { readonly name: string; readonly outers: OuterTerminal[] }[] = [];
  for (const peer of bench.peers(names)) {
    await peer.start("main");
    const outers: OuterTerminal[] = [];
    for (let i = 0; i < kind.clients; i++) outers.push(await attachTo(peer, "main"));
    contenders.push({ name: peer.name, outers });
  }
  const seconds = new Samples();
  const share = new Samples();
  const lost = new Set<string>();
  for (let i = 0; i < bench.times(3, 7); i++) {
    for (const { name, outers } of contenders) {
      if (lost.has(name)) continue;
      const before = outers.map(({ bytes }) => bytes);
      const marker = `ENDOFFLOOD${i}`;
      const shown = Promise.all(outers.map((outer) => outer.seen(marker, LIMIT_MS))).catch(() => undefined);
      const began = performance.now();
      outers[0]?.command(`cat ${file}; ${printing(marker)}`);
      const at = await shown;
      // Some peers drop what a terminal does not take at once: also the end.
      if (at === undefined) {
        lost.add(name);
        continue;
      }
      seconds.add(name, (Math.max(...at) - began) / 1000);
      share.add(name, Math.min(...outers.map(({ bytes }, index) => bytes - (before[index] ?? 0))) / size);
    }
  }
  for (const { outers } of contenders) for (const outer of outers) await outer.close();
  bench.endPeers();
  const cells = contenders.map(({ name }) => [
    name,
    lost.has(name)
      ? "output lost"
      : `${figure(seconds.median(name))} (${Math.round(share.median(name) * 100)}%)`,
  ]);
  const toTmux = seconds.median("agentd") / seconds.median("tmux");
  return {
    name: kind.name,
    cells: {
      ...Object.fromEntries(cells),
      "agentd / direct": figure(seconds.median("agentd") / seconds.median("direct")),
      "agentd / tmux": figure(toTmux),
    },
    target: `≤ ${kind.target}x tmux`,
    met: toTmux <= kind.target,
  };
}
