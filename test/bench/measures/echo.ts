// How long a typed key takes to come back: idle, and while another shell of the same daemon floods.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { EchoProbe } from "../echo-probe.js";
import type { Bench, Measure, Row, Table } from "../measure.js";
import type { Peer, Program } from "../peers/peer.js";
import { RELAY } from "../peers/relay.js";
import { attachTo } from "../prepare-session.js";
import { figure, Samples } from "../statistics.js";

const NAMES = ["direct", "agentd", "relay", "dtach", "tmux", "screen"] as const;

/** A terminal that takes everything at once: a process of its own, so that reading costs the measuring one nothing. */
const DRAIN = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
try:
    while os.read(fd, 65536): pass
except OSError: pass
`;

export const echo: Measure = {
  id: "echo",
  title: "Echo of a key",
  async run(bench: Bench): Promise<Table> {
    return {
      columns: ["direct", "agentd", "agentd / relay", "agentd / tmux", "relay", "dtach", "tmux", "screen"],
      rows: [
        await idle(bench),
        await flooded(bench, "another shell floods, one client sees it", true),
        await flooded(bench, "another shell floods, nobody attached", false),
      ],
      method: `Milliseconds, median / 99th percentile, from writing a key to the terminal until its echo by a raw \`cat\` arrives there, a few milliseconds between keys. dtach and screen hold every session in a process of its own, tmux and agentd hold all in one; relay: ${RELAY}.`,
    };
  },
};

async function idle(bench: Bench): Promise<Row> {
  const probes = new Map<string, EchoProbe>();
  const outers = [];
  for (const peer of bench.peers(NAMES)) {
    await peer.start("main");
    const outer = await attachTo(peer, "main");
    outers.push(outer);
    probes.set(peer.name, await EchoProbe.begin(outer));
  }
  const samples = new Samples();
  for (let i = -20; i < bench.times(300, 2000); i++) {
    for (const [name, probe] of probes) {
      const ms = await probe.key();
      if (i >= 0) samples.add(name, ms);
      await EchoProbe.gap();
    }
  }
  for (const outer of outers) await outer.close();
  bench.endPeers();
  return row("idle", samples, 0.35, 2);
}

async function flooded(bench: Bench, name: string, attached: boolean): Promise<Row> {
  const samples = new Samples();
  for (const peer of NAMES.flatMap((one) => bench.peers([one]))) {
    await peer.start("main");
    const outer = await attachTo(peer, "main");
    const probe = await EchoProbe.begin(outer);
    const flood = await startFlood(peer, attached);
    await pause(1000);
    for (let i = -20; i < bench.times(300, 2000); i++) {
      const ms = await probe.key();
      if (i >= 0) samples.add(peer.name, ms);
      await EchoProbe.gap();
    }
    if (flood !== undefined) await endProcess(flood);
    await outer.close();
    // A flood that goes on would be the next one's noise.
    peer.end();
  }
  bench.endPeers();
  return row(name, samples, 0.6, 5);
}

/** A session that prints numbered lines for ever; the process that drains it, if somebody is attached. */
async function startFlood(peer: Peer, attached: boolean): Promise<ChildProcess | undefined> {
  const line = "while :; do seq 1 1000000; done";
  if (peer.name === "direct") {
    // Without a terminal that is read, a flood on a bare PTY stops at once.
    return attached ? drain({ file: "bash", args: ["-c", line] }, peer.env) : undefined;
  }
  await peer.start("flood");
  const outer = await attachTo(peer, "flood");
  const flowing = outer.seen("\n1000");
  outer.command(line);
  await flowing;
  await outer.close();
  return attached ? drain(peer.attach("flood"), peer.env) : undefined;
}

function drain(program: Program, env: Readonly<Record<string, string>>): ChildProcess {
  return spawn("/usr/bin/python3", ["-c", DRAIN, program.file, ...program.args], { env, stdio: "ignore" });
}

async function endProcess(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function row(name: string, samples: Samples, middle: number, tail: number): Row {
  const texts = samples.contenders.map((contender) => [
    contender,
    `${figure(samples.median(contender))} / ${figure(samples.percentile(contender, 99))}`,
  ]);
  const ratio = (to: string) => figure(samples.median("agentd") / samples.median(to));
  return {
    name,
    cells: {
      ...Object.fromEntries(texts),
      "agentd / relay": ratio("relay"),
      "agentd / tmux": ratio("tmux"),
    },
    target: `≤ ${middle} / ${tail} ms`,
    met: samples.median("agentd") <= middle && samples.percentile("agentd", 99) <= tail,
  };
}
