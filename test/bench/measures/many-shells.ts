// A hundred shells: memory, processor time while nothing happens, and how long making, listing and ending them takes.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Bench, Measure, Row, Table } from "../measure.js";
import type { Agentd } from "../peers/agentd.js";
import type { Peer } from "../peers/peer.js";
import { SHELL, SIZE } from "../peers/peer.js";
import type { Tmux } from "../peers/tmux.js";
import { memoryOf, processorTime, sumOfMemory } from "../process-cost.js";
import { figure, median } from "../statistics.js";

const SHELLS = 100;
/** The daemon's limit for calls that wait for their answers. */
const MAX_CALLS = 64;
/** Shells → target for the resident memory of both processes, MB. */
const MEMORY_TARGETS = new Map([
  [1, 130],
  [10, 135],
  [100, 175],
]);

export const memory: Measure = {
  id: "memory",
  title: "Memory with idle shells",
  async run(bench: Bench): Promise<Table> {
    const agentd = bench.agentd();
    const others = bench.peers(["tmux", "screen", "dtach"]);
    const rows: Row[] = [];
    let count = 0;
    for (const [shells, target] of MEMORY_TARGETS) {
      for (; count < shells; count++) {
        if (count === 0) await agentd.start("s0");
        else await newShells(agentd, [`s${count}`]);
        for (const peer of others) await peer.start(`s${count}`);
      }
      // What a start has left over is collected when the process has time.
      await pause(bench.times(2000, 10_000));
      const [daemon, runtime] = [memoryOf(agentd.daemon()), memoryOf(agentd.runtime())];
      const sum = daemon.rss + runtime.rss;
      rows.push({
        name: `${shells} shell${shells === 1 ? "" : "s"}`,
        cells: {
          agentd: `${figure(sum)} (${figure(daemon.pss + runtime.pss)})`,
          "its daemon": `${figure(daemon.rss)} (${figure(daemon.pss)})`,
          "its local runtime": `${figure(runtime.rss)} (${figure(runtime.pss)})`,
          ...Object.fromEntries(others.map((peer) => [peer.name, memoryText(peer)])),
        },
        target: `≤ ${target} MB`,
        met: sum <= target,
      });
    }
    return {
      columns: ["agentd", "its daemon", "its local runtime", "tmux", "screen", "dtach"],
      rows,
      method:
        "MB resident (in parentheses: proportional set size) of the processes that hold the shells, without the shells.",
    };
  },
};

export const idle: Measure = {
  id: "idle",
  title: `Processor time with ${SHELLS} idle shells`,
  async run(bench: Bench): Promise<Table> {
    const agentd = bench.agentd();
    const tmux = bench.tmux();
    await agentd.start("s0");
    await newShells(agentd, numbered(1, SHELLS));
    for (const name of tmux === undefined ? [] : numbered(0, SHELLS)) await tmux?.start(name);
    // The collections of garbage that follow so much work are over by then.
    await pause(20_000);
    const seconds = bench.times(10, 60);
    const pids = { daemon: agentd.daemon(), runtime: agentd.runtime(), tmux: tmux?.processes()[0] };
    const before = used(pids);
    await pause(seconds * 1000);
    const after = used(pids);
    const rate = (name: keyof typeof pids) => (after[name] - before[name]) / seconds;
    const sum = rate("daemon") + rate("runtime");
    return {
      columns: ["agentd", "its daemon", "its local runtime", "tmux"],
      rows: [
        {
          name: "ms per second",
          cells: {
            agentd: figure(sum),
            "its daemon": figure(rate("daemon")),
            "its local runtime": figure(rate("runtime")),
            tmux: figure(rate("tmux")),
          },
          target: "≤ 1 ms/s",
          met: sum <= 1,
        },
      ],
      method: `Over ${seconds} s, all threads.`,
    };
  },
};

export const many: Measure = {
  id: "many",
  title: `Making, listing and ending ${SHELLS} shells`,
  async run(bench: Bench): Promise<Table> {
    const times = new Map<string, number[]>();
    const note = (name: string, ms: number) => times.set(name, [...(times.get(name) ?? []), ms]);
    for (let i = 0; i < bench.times(2, 7); i++) {
      const agentd = bench.agentd();
      await agentd.start("s0");
      note("agentd make", await timed(() => newShells(agentd, numbered(1, SHELLS))));
      for (let list = 0; list < 7; list++) {
        note("node", await timed(() => run(process.execPath, ["-e", "0"], agentd)));
        note("agentd list", await timed(() => agentd.run("ls")));
      }
      note("agentd end", await timed(() => agentd.run("kill", "--all", "-q")));
      const tmux = bench.tmux();
      if (tmux !== undefined) await measureTmux(tmux, note);
      bench.endPeers();
    }
    const value = (name: string) => median(times.get(name) ?? []);
    const row = (name: string, key: string, limit: number, target: string): Row => ({
      name,
      cells: { agentd: figure(value(`agentd ${key}`)), tmux: figure(value(`tmux ${key}`)) },
      target,
      met: value(`agentd ${key}`) <= limit,
    });
    return {
      columns: ["agentd", "tmux", "node -e 0"],
      rows: [
        row(`make ${SHELLS - 1}, over one connection`, "make", 800, "≤ 800 ms"),
        {
          ...row(`\`ls\` with ${SHELLS}`, "list", 1.3 * value("node"), "≤ 1.3x node"),
          cells: {
            agentd: `${figure(value("agentd list"))} (${figure(value("agentd list") / value("node"))}x node)`,
            tmux: figure(value("tmux list")),
            "node -e 0": figure(value("node")),
          },
        },
        row(`\`kill --all\`, ${SHELLS}`, "end", 300, "≤ 300 ms"),
      ],
      method:
        "Milliseconds, median. tmux makes them with one `source-file` of new-session commands, and ends them with kill-server.",
    };
  },
};

async function measureTmux(tmux: Tmux, note: (name: string, ms: number) => void): Promise<void> {
  await tmux.start("s0");
  const words = tmux.newSessionArguments().join(" ");
  const script = join(tmux.env["HOME"] ?? "/", "make");
  writeFileSync(
    script,
    `${numbered(1, SHELLS)
      .map((name) => `new-session -d -s ${name} ${words}`)
      .join("\n")}\n`,
  );
  note("tmux make", await timed(() => tmux.run("source-file", script)));
  for (let list = 0; list < 7; list++) note("tmux list", await timed(() => tmux.run("ls")));
  note("tmux end", await timed(() => tmux.run("kill-server")));
}

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `s${from + i}`);
}

/** As many at once as the daemon takes from one connection, over one connection. */
async function newShells(agentd: Agentd, names: readonly string[]): Promise<void> {
  const connection = await agentd.connection();
  const target = { kind: "local", command: SHELL, cwd: "/", env: agentd.env } as const;
  const left = [...names];
  const worker = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift())
      await connection.call("shell.new", { name, target, ...SIZE }, 60_000);
  };
  await Promise.all(Array.from({ length: MAX_CALLS }, worker));
  connection.close();
}

function memoryText(peer: Peer): string {
  const { rss, pss } = sumOfMemory(peer.processes());
  return `${figure(rss)} (${figure(pss)})`;
}

function used<K extends string>(pids: Readonly<Record<K, number | undefined>>): Record<K, number> {
  const entries = Object.entries(pids) as [K, number | undefined][];
  return Object.fromEntries(
    entries.map(([name, pid]) => [name, pid === undefined ? Number.NaN : processorTime(pid)]),
  ) as Record<K, number>;
}

async function timed(action: () => unknown): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

function run(file: string, args: readonly string[], { env }: Peer): void {
  execFileSync(file, args, { env, stdio: "ignore" });
}
