// How long a person waits: from a fault to the next output that is new, after a cut, a silent link, the daemon's death and a sleep.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AttachInPty } from "../support/attach-in-pty.js";
import type { AttachedStream } from "../support/attached-stream.js";
import { DaemonHome } from "../support/daemon-process.js";
import { FaultProxy } from "../support/fault-proxy.js";
import { firstSeed, isFullRun, percentilesText, recordFigures, repetitions } from "../support/figures.js";
import { seededRandom } from "../support/random-stream.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { Sandbox } from "../support/sandbox.js";
import { STREAM_PROGRAM } from "../support/stream-oracle.js";
import { StreamShell } from "../support/stream-shell.js";
import { until } from "../support/until.js";

const BLOCKS_PER_SECOND = 500;
/** A link is silent for half a minute at most: what is printed meanwhile must fit into the server's 256 KiB. */
const SLOW_BLOCKS_PER_SECOND = 100;
/** After more cuts in a row the daemon waits longer, on purpose. */
const CUTS_PER_SHELL = 3;
/** Pings are this far apart: silence begins anywhere between two. */
const PING_EVERY_MS = 15_000;

const rows: (readonly [string, string])[] = [];

/** Milliseconds of each repetition, to the figures. */
function note(what: string, times: readonly number[]): void {
  const text = `${percentilesText(times)} (${times.length} times, longest ${Math.round(Math.max(...times))} ms)`;
  rows.push([what, text]);
  if (process.env["AGENTD_SHOW"] !== undefined) console.log(`${what}: ${text}`);
}

let server: RuntimeServer;
const port = () => Number(new URL(server.url).port);
const seed = firstSeed();

beforeAll(async () => {
  server = await RuntimeServer.start({ credentials: [TEST_CREDENTIALS], sessionIdleMs: 120_000 });
});

afterAll(async () => {
  await server.stop();
  recordFigures({
    id: "50-recovery",
    title: "Recovery times",
    contract: "After every fault the same stream goes on by itself, without a lost or doubled byte.",
    method:
      "Milliseconds from the fault to the next new byte of a position-coded stream at an attached client; p50 / p95 / p99. The built daemon on a real `agentd runtime serve` behind a proxy that cuts (RST) or freezes both directions without a word; `kill -9` of the daemon under a real `agentd attach` on a terminal, which starts the next daemon; SIGSTOP of the daemon while the server is cut, counted from SIGCONT.",
    command: "npm run figures",
    rows,
  });
});

async function daemonHome(): Promise<DaemonHome> {
  const home = new DaemonHome(CREDENTIAL_ENV);
  await home.start().ready();
  return home;
}

let shells = 0;
const openShell = (home: DaemonHome, blocksPerSecond = BLOCKS_PER_SECOND) =>
  StreamShell.open({
    socket: home.socket,
    name: `w${++shells}`,
    port: port(),
    seed: seed + shells,
    directory: home.home,
    blocksPerSecond,
  });

/** Resolves when the link was lost and is back, and output came that is new. */
async function recovered(client: AttachedStream, what: string, timeoutMs = 40_000): Promise<void> {
  const before = client.notice("back").length;
  await client.when(`the link is back: ${what}`, () => client.notice("back").length > before, timeoutMs);
  await client.newBytes(`new output: ${what}`);
}

/** Ends the stream: nothing of it may be missing. */
async function exact(shell: StreamShell, what: string): Promise<void> {
  await shell.finish(what);
  const clean = { lost: 0, doubled: 0, reordered: 0, garbage: 0, jumps: [] };
  expect(shell.client.oracle.judge(), what).toMatchObject(clean);
}

describe("recovery", { timeout: 7_200_000 }, () => {
  it("after a cut", async () => {
    const home = await daemonHome();
    const times: number[] = [];
    const count = repetitions({ ci: 2, full: 200 });
    while (times.length < count) {
      const shell = await openShell(home);
      for (let cut = 0; cut < CUTS_PER_SHELL && times.length < count; cut++) {
        const before = performance.now();
        shell.proxy.cut("rst");
        await recovered(shell.client, `cut ${times.length}`);
        times.push(performance.now() - before);
      }
      await exact(shell, `after cuts, ${times.length}`);
      await shell.dispose();
    }
    note("cut (RST) → next new byte", times);
  });

  it("after the link has fallen silent, while somebody types", async () => {
    const home = await daemonHome();
    const times = await inParallel(repetitions({ ci: 1, full: 20 }), async (number) => {
      const shell = await openShell(home, SLOW_BLOCKS_PER_SECOND);
      const before = performance.now();
      shell.proxy.freeze("both");
      shell.client.type("x");
      await recovered(shell.client, `silent while typing, ${number}`);
      const time = performance.now() - before;
      await exact(shell, `silent while typing, ${number}`);
      await shell.dispose();
      return time;
    });
    note("silent link, while typing → next new byte", times);
  });

  it.runIf(isFullRun)("after the link has fallen silent, while nobody types", async () => {
    const home = await daemonHome();
    const random = seededRandom(seed);
    const times = await inParallel(repetitions({ ci: 1, full: 20 }), async (number) => {
      const pause = random() * PING_EVERY_MS;
      const shell = await openShell(home, SLOW_BLOCKS_PER_SECOND);
      await delay(pause);
      const before = performance.now();
      shell.proxy.freeze("both");
      await recovered(shell.client, `silent, ${number}`);
      const time = performance.now() - before;
      await exact(shell, `silent, ${number}`);
      await shell.dispose();
      return time;
    });
    note("silent link, nobody types → next new byte", times);
  });

  it("after the daemon was killed", async () => {
    const sandbox = new Sandbox(CREDENTIAL_ENV);
    const log = join(sandbox.home, "stream.log");
    const proxy = await FaultProxy.listen({ target: port() });
    const times: number[] = [];
    let attach: AttachInPty | undefined;
    try {
      const made = await sandbox.runAsync([
        "new",
        "-d",
        "k",
        "--runtime",
        TEST_ARN,
        "--endpoint-url",
        proxy.url,
      ]);
      expect(made).toMatchObject({ status: 0, stderr: "" });
      const command = `exec python3 -SI ${STREAM_PROGRAM} ${log} ${BLOCKS_PER_SECOND} silent`;
      await sandbox.runAsync(["send", "k", command, "Enter"]);
      attach = new AttachInPty(sandbox, "k");
      await attach.begun("before the first kill");
      const count = repetitions({ ci: 2, full: 100 });
      while (times.length < count) times.push(await killDaemon(sandbox, attach, `kill ${times.length}`));
      process.kill(Number(readFileSync(`${log}.pid`, "utf8")), "SIGTERM");
      await until("the end of the stream", () => attach?.oracle.hasEnded);
      const { jumps, ...judgement } = attach.oracle.judge();
      // agentd's own line on the terminal begins with a line break, where the stream may have one too: that is no repetition.
      const breaks = jumps.filter(({ from, to, garbage }) => garbage > 0 && from > to && from - to <= 2);
      const doubled = judgement.doubled - breaks.reduce((all, { from, to }) => all + from - to, 0);
      expect({ ...judgement, doubled }).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
    } finally {
      attach?.kill();
      await sandbox.runAsync(["kill", "k", "--force"]);
      sandbox.dispose();
      await proxy.close();
    }
    note("`kill -9` of the daemon → next new byte in `agentd attach`", times);
  });

  it("after the daemon was stopped like a sleeping laptop", async () => {
    const home = new DaemonHome(CREDENTIAL_ENV);
    const daemon = await home.start().ready();
    const times: number[] = [];
    const count = repetitions({ ci: 2, full: 50 });
    const asleepMs = isFullRun ? 3_000 : 500;
    while (times.length < count) {
      const what = `sleep ${times.length}`;
      const shell = await openShell(home);
      process.kill(daemon.pid, "SIGSTOP");
      await delay(asleepMs / 2);
      shell.proxy.cut("rst");
      await delay(asleepMs / 2);
      const waking = recovered(shell.client, what);
      const before = performance.now();
      process.kill(daemon.pid, "SIGCONT");
      await waking;
      times.push(performance.now() - before);
      await exact(shell, what);
      await shell.dispose();
    }
    note(`daemon stopped for ${asleepMs} ms, server cut meanwhile; wake → next new byte`, times);
  });
});

/** A few at a time: they mostly wait. */
async function inParallel(count: number, run: (number: number) => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) times.push(await run(next++));
  };
  await Promise.all(Array.from({ length: 10 }, lane));
  return times;
}

/** Kills the daemon and measures until the attached client shows something new again: the end of the longest silence. */
async function killDaemon(sandbox: Sandbox, attach: AttachInPty, what: string): Promise<number> {
  const old = daemonPid(sandbox);
  attach.arrivals = [];
  const before = performance.now();
  process.kill(old, "SIGKILL");
  await until(`the next daemon: ${what}`, () => daemonPid(sandbox) !== old);
  const { furthest } = attach.oracle;
  await until(`new output: ${what}: ${attach.tail}`, () => {
    if (attach.exitCode !== undefined)
      throw new Error(`attach ended with ${attach.exitCode}: ${what}: ${attach.tail}`);
    return attach.oracle.furthest > furthest;
  });
  let recoveredAt = before;
  let silence = 0;
  let last = before;
  for (const { atMs } of attach.arrivals) {
    if (atMs - last > silence) {
      silence = atMs - last;
      recoveredAt = atMs;
    }
    last = atMs;
  }
  return recoveredAt - before;
}

/** Who holds the lock of the runtime directory: the highest generation counts. */
function daemonPid(sandbox: Sandbox): number {
  const directory = join(sandbox.home, "run");
  const locks = readdirSync(directory).filter((name) => /^lock\.\d{12}$/.test(name));
  const text = readFileSync(join(directory, locks.sort().at(-1) ?? ""), "utf8");
  return (JSON.parse(text) as { pid: number }).pid;
}
