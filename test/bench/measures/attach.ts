// How long an attach takes, from exec to the last word of the screen, beside a bare start of node.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Measure, Row, Table } from "../measure.js";
import { OuterTerminal } from "../outer-terminal.js";
import { type Peer, PROMPT, type Program, peerEnvironment } from "../peers/peer.js";
import { prepareSession, printing } from "../prepare-session.js";
import { figure, Samples } from "../statistics.js";

const MARKER = "ENDOFSCREEN";
const NODE = "node -e 0";

interface Scene {
  readonly name: string;
  readonly target: number;
  readonly history?: number;
  /** Whether dtach can show it: it asks the shell to redraw. */
  readonly dtach: boolean;
  commands(home: string): readonly string[];
}

const SCENES: readonly Scene[] = [
  { name: "a screen of text", target: 1.5, dtach: true, commands: () => ["seq 1 30", printing(MARKER)] },
  {
    name: "5,000 lines of history (agentd's default)",
    target: 2.5,
    history: 5000,
    dtach: false,
    commands: () => ["seq 1 6000", printing(MARKER)],
  },
  {
    name: "10,000 lines of history",
    target: 2.5,
    history: 10_000,
    dtach: false,
    commands: () => ["seq 1 11000", printing(MARKER)],
  },
  {
    name: "vim",
    target: 1.6,
    dtach: false,
    commands: (home) => {
      const file = join(home, "text");
      const lines = Array.from({ length: 20 }, (_, i) => `${i} the quick brown fox jumps over the lazy dog`);
      writeFileSync(file, `${[...lines, MARKER].join("\n")}\n`);
      return [`vim -u NONE -N -n ${file}`];
    },
  },
];

interface Contender {
  readonly name: string;
  readonly program: Program;
  readonly env: Readonly<Record<string, string>>;
  readonly marker: string | undefined;
}

export const attach: Measure = {
  id: "attach",
  title: "Attach: from exec to the complete first paint",
  async run(bench: Bench): Promise<Table> {
    const rows: Row[] = [];
    for (const scene of SCENES) rows.push(await measureScene(bench, scene));
    return {
      columns: [NODE, "agentd", "agentd / node", "tmux", "screen", "dtach"],
      rows,
      method:
        "Milliseconds, median. The end is the arrival of a word that stands at the end of the screen; for `node -e 0` its exit; for dtach, which paints nothing, the prompt that the shell redraws. tmux and screen send no history to the terminal, agentd does. (`NODE_EXTRA_CA_CERTS` in the environment makes every start of Node 20 about 40 ms slower; it is not set here.)",
    };
  },
};

async function measureScene(bench: Bench, scene: Scene): Promise<Row> {
  const options = scene.history === undefined ? {} : { history: scene.history };
  const names = scene.dtach
    ? (["agentd", "tmux", "screen", "dtach"] as const)
    : (["agentd", "tmux", "screen"] as const);
  const peers = bench.peers(names, options);
  const contenders: Contender[] = [
    {
      name: NODE,
      program: { file: process.execPath, args: ["-e", "0"] },
      env: peerEnvironment(bench.home),
      marker: undefined,
    },
  ];
  for (const peer of peers) contenders.push(await prepared(bench, peer, scene));
  const samples = new Samples();
  for (let i = -1; i < bench.times(15, 60); i++) {
    for (const { name, program, env, marker } of contenders) {
      const ms = await timeToPaint(program, env, marker);
      if (i >= 0) samples.add(name, ms);
    }
  }
  bench.endPeers();
  const ratio = samples.median("agentd") / samples.median(NODE);
  const cells = Object.fromEntries(contenders.map(({ name }) => [name, figure(samples.median(name))]));
  return {
    name: scene.name,
    cells: { ...cells, "agentd / node": figure(ratio) },
    target: `≤ ${scene.target}x node`,
    met: ratio <= scene.target,
  };
}

async function prepared(bench: Bench, peer: Peer, scene: Scene): Promise<Contender> {
  await prepareSession(peer, "main", scene.commands(bench.home), MARKER);
  const marker = peer.name === "dtach" ? PROMPT : MARKER;
  return { name: peer.name, program: peer.attach("main"), env: peer.env, marker };
}

async function timeToPaint(
  program: Program,
  env: Readonly<Record<string, string>>,
  marker: string | undefined,
): Promise<number> {
  const began = performance.now();
  const outer = new OuterTerminal(program, env);
  const at = await (marker === undefined ? outer.exited : outer.seen(marker));
  await outer.close();
  return at - began;
}
