// F-03: the daemon is killed at random moments, and nothing but the daemon is gone.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { decodeState } from "../../daemon/shell/state/state-file.js";
import type { ShellInfo } from "../../shared/rpc.js";
import { firstSeed, percentilesText, recordFigures, repetitions } from "../support/figures.js";
import { childrenOf, isRunning, processesOf } from "../support/processes.js";
import { seededRandom } from "../support/random-stream.js";
import { ResumingClient } from "../support/resuming-client.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { Sandbox } from "../support/sandbox.js";
import { SocketClient } from "../support/socket-client.js";
import { until } from "../support/until.js";

const KILLS = repetitions({ ci: 8, full: 500 });
/** What is under way when the daemon is killed. */
const MOMENTS = [
  "nothing",
  "new local",
  "new cloud",
  "kill",
  "rename",
  "attach",
  "an end",
  "start-up",
] as const;
const momentOf = (seed: number) => MOMENTS[seed % MOMENTS.length]!;

/** One home with a daemon, its shells, and the service that the cloud shells are on. */
class Rig {
  readonly sandbox: Sandbox;
  readonly server: RuntimeServer;
  /** Local shells that must keep their process, by name. */
  readonly pids = new Map<string, number>();
  readonly violations: string[] = [];
  daemonPid = 0;
  #control: SocketClient | undefined;
  #lastName = 0;

  constructor(server: RuntimeServer) {
    this.server = server;
    this.sandbox = new Sandbox(CREDENTIAL_ENV);
  }

  /** A connection to the present daemon. */
  async control(): Promise<SocketClient> {
    if (this.#control === undefined) {
      this.#control = await SocketClient.connect(this.sandbox.socketPath);
      const { pid } = await this.#control.call<{ pid: number }>("hello", { protocol: 1, client: "test" });
      this.daemonPid = pid;
    }
    return this.#control;
  }

  lost(): void {
    this.#control?.close();
    this.#control = undefined;
  }

  newName(): string {
    return `s${++this.#lastName}`;
  }

  local(name: string, script: string) {
    const env = { PATH: process.env["PATH"] ?? "", TERM: "xterm" };
    const target = { kind: "local", cwd: this.sandbox.home, env, command: ["bash", "-c", script] };
    return { name, target, cols: 80, rows: 24 };
  }

  cloud(name: string) {
    const target = {
      kind: "agentcore",
      runtimeArn: TEST_ARN,
      endpointUrl: this.server.url,
      runtimeSessionId: "s".repeat(40),
    };
    return { name, target, cols: 80, rows: 24 };
  }

  async list(): Promise<readonly ShellInfo[]> {
    return (await (await this.control()).call<{ shells: ShellInfo[] }>("shell.list")).shells;
  }

  /** The next command of a person: starts a daemon when there is none. */
  async nextCommand(): Promise<void> {
    const result = await this.sandbox.runAsync(["ls", "--json"]);
    if (result.status !== 0)
      throw new Error(`the next command ended with ${result.status}: ${result.stdout}${result.stderr}`);
    await this.control();
  }

  /** Held against the processes, the server and the disk, once the daemon has found its shells. */
  async check(): Promise<readonly ShellInfo[]> {
    const settled = ({ state }: ShellInfo) => state === "live" || state === "ended" || state === "gone";
    let shells = await until("all shells are found", async () => {
      const list = await this.list();
      return list.every(settled) && list;
    });
    for (const [name, pid] of this.pids) {
      const shell = shells.find((candidate) => candidate.name === name);
      if (shell?.pid !== pid || shell.state !== "live")
        this.violations.push(`'${name}' had pid ${pid}, is ${shell?.state} with ${shell?.pid}`);
      if (!isRunning(pid)) this.violations.push(`'${name}' (pid ${pid}) is not running`);
    }
    // A shell whose creation nobody confirmed may still be on its way to the server.
    const isLive = (kind: string) => (shell: ShellInfo) => shell.kind === kind && shell.state === "live";
    const [runtime = 0] = processesOf("runtime.cjs", "HOME", this.sandbox.home);
    const counts = async () => {
      shells = await this.list();
      return {
        cloud: [childrenOf(this.server.pid).length, shells.filter(isLive("agentcore")).length],
        local: [childrenOf(runtime).length, shells.filter(isLive("local")).length],
      };
    };
    const equal = async () => Object.values(await counts()).every(([there, known]) => there === known);
    await until("the shells that run are those that are known", equal, 5000).catch(async () => {
      this.violations.push(`[running, known]: ${JSON.stringify(await counts())}`);
    });
    const known = async () => (await this.list()).map(({ shellId }) => shellId).sort();
    // A save may be under way: the file is then about to get its name. And a kill that was begun is being completed.
    const isSaved = async () => `${this.#idsOnDisk()}` === `${await known()}`;
    await until("the state file names the shells", isSaved, 5000).catch(async () => {
      this.violations.push(`state file: ${this.#idsOnDisk()}, daemon: ${await known()}`);
    });
    const daemons = processesOf("daemon.cjs", "HOME", this.sandbox.home);
    if (daemons.length !== 1) this.violations.push(`${daemons.length} daemons: ${daemons}`);
    return shells;
  }

  #idsOnDisk(): readonly string[] | string {
    try {
      const state = decodeState(readFileSync(join(this.sandbox.home, "state", "state.json")));
      return state.kind === "ok" ? state.records.map(({ shellId }) => shellId).sort() : state.kind;
    } catch (error) {
      return String(error);
    }
  }
}

/** The pid in the newest lock: a daemon that is just starting has nothing else to show. */
function lockOwner(directory: string): number | undefined {
  const newest = readdirSync(directory)
    .filter((name) => /^lock\.\d{12}$/.test(name))
    .sort()
    .at(-1);
  try {
    return (JSON.parse(readFileSync(join(directory, newest ?? ""), "utf8")) as { pid: number }).pid;
  } catch {
    return undefined;
  }
}

describe("daemon kills", () => {
  it("loses no shell, leaks no place and breaks no state, whenever the daemon is killed", async () => {
    const server = await RuntimeServer.start({ credentials: [TEST_CREDENTIALS], shellLimit: 10 });
    const rig = new Rig(server);
    const first = firstSeed();
    const printer = new ResumingClient(rig.sandbox.socketPath, "printer");
    const recoveries: number[] = [];
    const ends = { checked: 0 };
    try {
      await rig.nextCommand();
      const control = await rig.control();
      const printing = "i=0; while :; do i=$((i+1)); echo line-$i; sleep 0.002; done";
      for (const [name, script] of [
        ["printer", printing],
        ["quiet", "sleep 100000"],
      ] as const) {
        const { shell } = await control.call<{ shell: ShellInfo }>("shell.new", rig.local(name, script));
        rig.pids.set(name, shell.pid ?? 0);
      }
      await control.call("shell.new", rig.cloud("cloud"));
      await printer.attach();
      await printer.more(1);

      const round = async (seed: number): Promise<void> => {
        const random = seededRandom(seed);
        const below = (limit: number) => Math.floor(random() * limit);
        const moment = momentOf(seed);
        const before = await rig.list();
        const spare = before.filter(({ name }) => /^s\d+$/.test(name));
        const victim = spare[below(Math.max(1, spare.length))]?.name;
        let dying: { readonly name: string; readonly status: number } | undefined;

        if (moment === "an end") {
          dying = { name: rig.newName(), status: 1 + below(200) };
          const script = `trap 'exit ${dying.status}' USR1; echo ready; while :; do sleep 0.01; done`;
          const { shell } = await (await rig.control()).call<{ shell: ShellInfo }>(
            "shell.new",
            rig.local(dying.name, script),
          );
          const text = { name: dying.name };
          const isReady = async () =>
            (await (await rig.control()).call<{ text: string }>("shell.capture", text)).text.includes(
              "ready",
            );
          await until("its trap is set", isReady);
          void delay(below(200)).then(() => process.kill(shell.pid ?? 0, "SIGUSR1"));
        }
        // Its answer may never come.
        const busy = await SocketClient.greeted(rig.sandbox.socketPath);
        const send = (method: string, params: object) => busy.socket.write(busy.request(method, params));
        await delay(below(100));
        if (moment === "new local") send("shell.new", rig.local(rig.newName(), "sleep 100000"));
        if (moment === "new cloud" && before.filter(({ kind }) => kind === "agentcore").length < 9)
          send("shell.new", rig.cloud(rig.newName()));
        if (moment === "kill" && victim !== undefined) send("shell.kill", { name: victim });
        if (moment === "rename" && victim !== undefined)
          send("shell.rename", { name: victim, to: rig.newName() });
        if (moment === "attach") send("shell.attach", { name: "printer", cols: 80, rows: 24 });
        await delay(below(moment === "nothing" || moment === "an end" ? 200 : 40));

        process.kill(rig.daemonPid, "SIGKILL");
        rig.lost();
        busy.close();
        if (moment === "start-up") {
          const old = rig.daemonPid;
          const command = rig.sandbox.runAsync(["ls", "--json"]);
          const runDirectory = join(rig.sandbox.home, "run");
          const pid = await until("the next daemon has the lock", () => {
            const owner = lockOwner(runDirectory);
            return owner !== old && owner !== undefined && owner;
          });
          await delay(below(120));
          process.kill(pid, "SIGKILL");
          await command;
        }
        const killedAt = performance.now();
        await rig.nextCommand();
        await printer.attach();
        await printer.more(1);
        recoveries.push(performance.now() - killedAt);
        const shells = await rig.check();
        rig.violations.push(...printer.violations.splice(0));
        if (dying !== undefined) {
          const { name, status } = dying;
          const ended = async () => {
            const shell = (await rig.list()).find((candidate) => candidate.name === name);
            return shell?.state === "ended" && shell;
          };
          const shell = await until(`'${name}' has ended`, ended);
          if (shell.exitCode !== status)
            rig.violations.push(`'${name}' ended with ${shell.exitCode}, not ${status}`);
          else ends.checked += 1;
          await (await rig.control()).call("shell.kill", { name });
        }
        expect(rig.violations).toEqual([]);
        // Never so many that a new one must fail.
        for (const { name } of shells
          .filter(({ name: n, state }) => /^s\d+$/.test(n) && state === "live")
          .slice(5))
          await (await rig.control()).call("shell.kill", { name });
      };
      for (let seed = first; seed < first + KILLS; seed++) {
        await round(seed).catch((cause: unknown) => {
          throw new Error(`seed ${seed} (${momentOf(seed)}): ${String(cause)}`, { cause });
        });
      }
      recordFigures({
        id: "60-daemon-kills",
        title: "The daemon is killed",
        contract:
          "kill -9 of the daemon, at any moment, costs nothing but the daemon: no shell, no place at the service, no byte of output that a client was to get, no exit status.",
        method:
          "The built daemon with local shells (one prints numbered lines without end) and cloud shells on an AgentCore-compatible server with ten places. It is killed at seeded random moments: idle, in the middle of new, kill, rename, attach, the end of a shell, and its own start. The next command starts another. Then processes, server, state file and daemon are held against each other, and a client that resumes by offset checks every line.",
        command: "npm run figures",
        seeds: [first, first + KILLS - 1],
        rows: [
          ["kill -9 of the daemon", String(recoveries.length)],
          ["shells lost, state files damaged, places leaked, second daemons", "0"],
          ["lines of output checked, bytes lost or repeated", `${printer.checked}, 0`],
          ["exit statuses of shells that ended meanwhile, all right", String(ends.checked)],
          ["next command to first new output at a client (p50 / p95 / p99)", percentilesText(recoveries)],
        ],
      });
    } finally {
      printer.close();
      rig.lost();
      const left = JSON.parse((await rig.sandbox.runAsync(["ls", "--json"])).stdout) as {
        shells: ShellInfo[];
      };
      for (const { name } of left.shells) await rig.sandbox.runAsync(["kill", "--force", name]);
      rig.sandbox.dispose();
      await server.stop();
    }
  });
});
