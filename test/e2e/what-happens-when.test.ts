// The README's table "What happens when…", row by row, as a person sees it: the real client in a terminal, the real daemon,
// a real runtime behind a proxy that breaks what networks break.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { FaultProxy } from "../support/fault-proxy.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { program, Sandbox } from "../support/sandbox.js";
import { type Pane, Tmux } from "../support/tmux.js";
import { until } from "../support/until.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const agentd = `${process.execPath} ${program("agentd")}`;
const PROMPT = /[$#]$/m;

/** Whatever a test needs of the world, taken down after it. */
class World {
  readonly sandbox: Sandbox;
  readonly tmux: Tmux;
  server!: RuntimeServer;
  proxy!: FaultProxy;

  private constructor(env: NodeJS.ProcessEnv) {
    this.sandbox = new Sandbox(env);
    this.tmux = new Tmux(this.sandbox.env);
  }

  static async make(
    options: { knobs?: Record<string, unknown>; env?: NodeJS.ProcessEnv; config?: string } = {},
  ): Promise<World> {
    const world = new World(options.env ?? CREDENTIAL_ENV);
    if (options.config !== undefined) writeFileSync(world.path("config.toml"), options.config);
    const knobs = { credentials: [TEST_CREDENTIALS], exactMode: false, ...options.knobs };
    world.server = await RuntimeServer.start(knobs);
    world.proxy = await FaultProxy.listen({ target: Number(new URL(world.server.url).port) });
    return world;
  }

  path(...names: string[]): string {
    return join(this.sandbox.home, ...names);
  }

  /** Runs a command that must succeed. Never blocks: the proxy lives in this process. */
  async run(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.sandbox.runAsync(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  }

  async open(name: string, ...more: string[]): Promise<void> {
    await this.run("new", "-d", name, "--runtime", TEST_ARN, "--endpoint-url", this.proxy.url, ...more);
  }

  async shell(name: string): Promise<ShellInfo | undefined> {
    const { shells } = JSON.parse(await this.run("ls", "--json")) as { shells: ShellInfo[] };
    return shells.find((shell) => shell.name === name);
  }

  /** Waits until the shell is as `test` wants it. */
  async when(what: string, name: string, test: (shell: ShellInfo) => boolean): Promise<ShellInfo> {
    return until(what, async () => {
      const shell = await this.shell(name);
      return shell !== undefined && test(shell) && shell;
    });
  }

  async daemonPid(): Promise<number> {
    return (JSON.parse(await this.run("daemon", "status", "--json")) as { pid: number }).pid;
  }

  async join(name: string, ...flags: string[]): Promise<Pane> {
    const pane = this.tmux.open([agentd, "attach", name, ...flags].join(" "));
    await pane.waitFor(PROMPT);
    return pane;
  }

  async dispose(): Promise<void> {
    this.tmux.dispose();
    await this.sandbox.runAsync(["daemon", "stop", "--local-shells", "-q"]);
    this.sandbox.dispose();
    await this.proxy?.close();
    await this.server?.stop();
  }
}

describe.skipIf(!hasTmux)("what happens when", () => {
  let world: World;
  afterEach(() => world.dispose());

  it("the Wi-Fi drops: the loss is said, keys are kept, the shell is the same and goes on", async () => {
    world = await World.make();
    await world.open("x");
    const pane = await world.join("x");
    pane.type("export KEPT=yes", "Enter");
    await pane.waitFor(/KEPT=yes\n.*[$#]/);
    world.proxy.refuse();
    world.proxy.cut("rst");
    await pane.waitFor(/link lost · retry \d+/);
    pane.type("echo still-$KEPT", "Enter");
    await world.when("the keys are held", "x", ({ heldBytes = 0 }) => heldBytes > 0);
    await world.proxy.accept();
    await pane.waitFor(/^still-yes$/m);
    expect(pane.capture()).toContain("same shell");
    expect(await world.shell("x")).toMatchObject({ state: "live", verdict: "same", bytesLost: 0 });
  });

  it("the Wi-Fi drops and a key is regretted: Ctrl-C drops what was typed", async () => {
    world = await World.make();
    await world.open("x");
    const pane = await world.join("x");
    world.proxy.refuse();
    world.proxy.cut("rst");
    await pane.waitFor(/link lost/);
    pane.type("touch regret", "Enter");
    await world.when("the keys are held", "x", ({ heldBytes = 0 }) => heldBytes > 1);
    pane.type("C-c");
    await world.when("only the Ctrl-C is held", "x", ({ heldBytes }) => heldBytes === 1);
    await world.proxy.accept();
    await world.when("live", "x", ({ state }) => state === "live");
    pane.type("ls regret", "Enter");
    await pane.waitFor(/cannot access|No such file/);
  });

  it("the link goes silent: that is said within seconds, and the connection is made again", async () => {
    world = await World.make();
    await world.open("x");
    const pane = await world.join("x");
    world.proxy.freeze("both");
    pane.type("x");
    await pane.waitFor(/no answer from the runtime for \d+s · asking/);
    await pane.waitFor(/back ·/);
    expect(await world.shell("x")).toMatchObject({ state: "live" });
  });

  it("the laptop sleeps: at the wake every link is asked for a sign of life, and dead ones come back", async () => {
    world = await World.make();
    await world.open("x");
    const before = await world.shell("x");
    const pid = await world.daemonPid();
    process.kill(pid, "SIGSTOP");
    try {
      // Half open: nobody tells the sleeping daemon.
      world.proxy.freeze("both");
      await delay(7_000);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await world.when(
      "live again",
      "x",
      (now) => now.state === "live" && now.connectedAt !== before?.connectedAt,
    );
    expect(await world.daemonPid()).toBe(pid);
    expect((await world.shell("x"))?.shellId).toBe(before?.shellId);
    expect(readFileSync(world.path("state", "daemon.log"), "utf8")).toContain("woke up");
  }, 40_000);

  it("the hour passes: nobody notices", async () => {
    world = await World.make({ knobs: { connectionTtlMs: 3_000 }, config: 'connection_ttl = "3s"\n' });
    await world.open("x");
    const pane = await world.join("x");
    const first = (await world.shell("x"))?.connectedAt;
    const renewed = ({ connectedAt = "" }: ShellInfo) =>
      Date.parse(connectedAt) - Date.parse(first ?? "") > 4_000;
    await world.when("the connection was renewed twice", "x", (now) => now.state === "live" && renewed(now));
    pane.type("echo after-$((2*3600))", "Enter");
    await pane.waitFor("after-7200");
    expect(pane.capture()).not.toMatch(/link lost|back ·|may be/);
  });

  it("credentials expire: the shell waits, and comes back by itself after a login", async () => {
    world = await World.make({ env: { AWS_EC2_METADATA_DISABLED: "true" } });
    const file = world.path(".aws", "credentials");
    const write = (secret: string) =>
      writeFileSync(
        file,
        `[default]\naws_access_key_id = ${TEST_CREDENTIALS.accessKeyId}\naws_secret_access_key = ${secret}\n`,
      );
    mkdirSync(world.path(".aws"));
    write(TEST_CREDENTIALS.secretAccessKey);
    await world.open("x");
    const { shellId } = (await world.shell("x"))!;
    write("a-secret-that-has-expired");
    await world.run("daemon", "restart", "-q");
    const waiting = await world.when("it waits", "x", ({ state }) => state === "needs-credentials");
    expect(waiting.reason).toMatch(/signature|credentials/);
    const pid = await world.daemonPid();
    write(TEST_CREDENTIALS.secretAccessKey);
    await world.when("live again", "x", ({ state }) => state === "live");
    expect(await world.daemonPid()).toBe(pid);
    expect((await world.shell("x"))?.shellId).toBe(shellId);
  });

  it("the daemon dies: every shell lives, and terminals come back by themselves", async () => {
    world = await World.make();
    await world.open("cloud");
    await world.run("new", "-d", "--local", "here", "--", "bash", "--norc", "--noprofile");
    const [cloud, here] = [await world.join("cloud"), await world.join("here")];
    const before = [await world.shell("cloud"), await world.shell("here")];
    const pid = await world.daemonPid();
    process.kill(pid, "SIGKILL");
    // Keys that were typed into the dying daemon are reported, and not typed again: another test is about those.
    await world.when("its terminal is back", "here", ({ clients }) => clients === 1);
    here.type("echo here-$((40+2))", "Enter");
    await here.waitFor("here-42");
    await world.when(
      "the cloud shell is live again",
      "cloud",
      ({ state, clients }) => state === "live" && clients === 1,
    );
    // The service does not keep what was shown: the program at the other end draws itself anew.
    await cloud.waitFor(PROMPT);
    cloud.type("echo cloud-$((40+2))", "Enter");
    await cloud.waitFor("cloud-42");
    expect(await world.daemonPid()).not.toBe(pid);
    expect((await world.shell("cloud"))?.shellId).toBe(before[0]?.shellId);
    expect((await world.shell("here"))?.pid).toBe(before[1]?.pid);
  });

  it("the microVM dies: the new shell is announced, and what was typed for the old one is not sent", async () => {
    world = await World.make({ knobs: { auth: "none", credentials: undefined, sessionEnd: "abrupt" } });
    await world.open("x");
    const pane = await world.join("x");
    pane.type("export OLD=yes", "Enter");
    await pane.waitFor(/OLD=yes\n.*[$#]/);
    const { runtimeSessionId } = (await world.shell("x"))!;
    world.proxy.refuse();
    world.proxy.cut("rst");
    await pane.waitFor(/link lost/);
    pane.type("echo wrong-shell", "Enter");
    const url = `${world.server.url}/runtimes/${encodeURIComponent(TEST_ARN)}/stopruntimesession`;
    const headers = { "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": runtimeSessionId };
    expect((await fetch(url, { method: "POST", headers, body: "{}" })).status).toBe(200);
    await world.proxy.accept();
    await pane.waitFor(/new shell · the old one is gone · \d+ B of typing not sent/);
    pane.type("echo [$OLD]", "Enter");
    await pane.waitFor(/^\[\]$/m);
    expect(pane.capture()).not.toMatch(/^wrong-shell$/m);
    expect(await world.shell("x")).toMatchObject({ state: "live", verdict: "new" });
  });

  it("somebody takes the shell: nobody fights, and --take wins it back once", async () => {
    world = await World.make();
    await world.open("x");
    const pane = await world.join("x");
    const { runtimeSessionId, shellId } = (await world.shell("x"))!;
    const other = new Sandbox(CREDENTIAL_ENV);
    try {
      const ids = ["--session-id", runtimeSessionId, "--shell-id", shellId];
      const args = ["new", "-d", "theirs", "--runtime", TEST_ARN, "--endpoint-url", world.server.url, ...ids];
      expect((await other.runAsync(args)).status).toBe(0);
      await pane.waitFor("x was taken by another client · agentd attach --take x");
      expect((await world.shell("x"))?.state).toBe("taken");
      const back = await world.join("x", "--take");
      back.type("echo mine-$((1+1))", "Enter");
      await back.waitFor("mine-2");
      expect(await pane.status()).toBe(254);
      const theirs = JSON.parse((await other.runAsync(["ls", "--json"])).stdout).shells as ShellInfo[];
      expect(theirs.map(({ state }) => state)).toEqual(["taken"]);
    } finally {
      other.dispose();
    }
  });
});
