// `agentd run` in shells behind a network: exact bytes across a cut where the server counts them, and honesty where it does not.
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { FaultProxy } from "../support/fault-proxy.js";
import { type Ran, RunClient } from "../support/run-client.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";

class World {
  readonly sandbox = new Sandbox({ ...CREDENTIAL_ENV, ENV: "/dev/null" });
  server!: RuntimeServer;
  proxy!: FaultProxy;
  client!: RunClient;

  static async make(exactMode: boolean, shell = "bash --norc --noprofile"): Promise<World> {
    const world = new World();
    world.server = await RuntimeServer.start({
      credentials: [TEST_CREDENTIALS],
      exactMode,
      replayBytes: 4 * 1024 * 1024,
    });
    world.proxy = await FaultProxy.listen({ target: Number(new URL(world.server.url).port) });
    const url = ["--endpoint-url", world.proxy.url];
    const made = await world.sandbox.runAsync(["new", "-d", "x", "--runtime", TEST_ARN, ...url]);
    expect(made).toMatchObject({ status: 0, stderr: "" });
    world.client = await RunClient.open(world.sandbox.socketPath);
    await world.client.send("x", `PS1='$ ' exec ${shell}\r`);
    // Typed at once, the first run would still see the terminal of the shell before.
    await until("the shell's prompt", async () => {
      const lines = (await world.sandbox.runAsync(["capture", "x"])).stdout.trimEnd().split("\n");
      return lines.some((line) => line.includes("exec")) && !lines.at(-1)?.includes("exec");
    });
    await until("the shell answers", async () => (await world.run("echo up")).output.toString() === "up\n");
    return world;
  }

  path = (name: string) => join(this.sandbox.home, name);
  run(command: string, onOutput?: (bytes: Buffer) => void): Promise<Ran> {
    return this.client.run("x", command, {}, onOutput);
  }

  async dispose(): Promise<void> {
    this.client?.close();
    await this.sandbox.runAsync(["daemon", "stop", "--local-shells", "-q"]);
    this.sandbox.dispose();
    await this.proxy?.close();
    await this.server?.stop();
  }
}

describe("run in a shell behind a network", () => {
  let world: World;
  afterEach(() => world.dispose());

  it.each(["bash --norc --noprofile", "zsh -f", "fish --no-config", "dash"])(
    "has status and bytes without looking at processes: %s",
    async (shell) => {
      if (spawnSync(shell.split(" ")[0] ?? "", ["-c", "true"]).status !== 0) return;
      world = await World.make(false, shell);
      expect(await world.run("seq 5000; sh -c 'exit 3'")).toMatchObject({
        started: true,
        exitCode: 3,
        output: spawnSync("seq", ["5000"]).stdout,
      });
      const words = ["run", "x", "--json", "--", "printf", "<%s>", "a 'b'", "\\", "$x"];
      const { status, stdout } = await world.sandbox.runAsync(words);
      expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 0, output: "<a 'b'><\\><$x>" });
    },
  );

  it.each([
    [
      "a full-screen program",
      "less /etc/passwd\r",
      /^.*passwd|END|root/m,
      "a full-screen program has the screen",
    ],
    ["a REPL", "python3 -q\r", />>>/, "'>>>' is not a shell's prompt"],
    ["a password's prompt", "read -sp 'Pass''word: ' x\r", /^Password:/m, "is not a shell's prompt"],
    ["a program that is silent", "clear; sleep 100\r", /^\s*$/, "no prompt is to be seen"],
  ])("refuses %s by what the screen shows", async (_what, keys, shown, reason) => {
    world = await World.make(false);
    await world.client.send("x", keys);
    const screen = async () => (await world.sandbox.runAsync(["capture", "x"])).stdout;
    const before = await until("it is there", async () => {
      const text = await screen();
      return shown.test(text) && { text };
    });
    expect(await world.run("echo executed")).toMatchObject({
      error: "shell_busy",
      message: expect.stringContaining(reason),
    });
    expect(await screen()).toBe(before.text);
  });

  it("has every byte once when the link is cut again and again, where the server counts", async () => {
    world = await World.make(true);
    let next = 50_000;
    let seen = 0;
    let cuts = 0;
    const ran = await world.run("seq 200000; echo end; (exit 4)", (bytes) => {
      seen += bytes.length;
      if (seen < next) return;
      next += 200_000;
      cuts++;
      world.proxy.cut(cuts % 2 === 0 ? "fin" : "rst");
    });
    expect(cuts).toBeGreaterThan(3);
    const { output, ...result } = ran;
    expect(result).toMatchObject({ started: true, exitCode: 4 });
    expect(result).not.toHaveProperty("outputMayBeMissing");
    const numbers = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
    expect(output.equals(Buffer.from(`${numbers}end\n`))).toBe(true);
  });

  it("says that output may be missing when a server that does not count wrote more than it keeps", async () => {
    world = await World.make(false);
    const [go, wrote] = [world.path("go"), world.path("wrote")];
    const waits = `while ! test -e ${go}; do sleep 0.05; done`;
    const running = world.run(
      `echo begun; ${waits}; seq 1000000; echo done >${wrote}; sleep 0.3; (exit 5)`,
      (bytes) => {
        if (!bytes.includes("begun")) return;
        world.proxy.refuse();
        world.proxy.cut("rst");
        writeFileSync(go, "");
      },
    );
    await until("all is written while nobody listens", () => existsSync(wrote));
    await world.proxy.accept();
    const ran = await running;
    expect(ran).toMatchObject({ started: true, outputMayBeMissing: true });
    expect(ran.exitCode).toBe(5);
  });

  it("does not start while the link is down: 69", async () => {
    world = await World.make(false);
    world.proxy.refuse();
    world.proxy.cut("rst");
    await until("the loss is known", async () => (await world.run("echo 1")).error !== undefined);
    const { status, stderr } = await world.sandbox.runAsync(["run", "x", "--", "echo executed"]);
    expect({ status, lines: stderr.trim().split("\n").length }).toEqual({ status: 69, lines: 1 });
    expect(stderr).toContain("'x' has no link now");
  });
});
