// `agentd run` as people and agents call it: the built command line, real shells, and what may be in front of them.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program, Sandbox } from "../support/sandbox.js";
import { SocketClient } from "../support/socket-client.js";
import { until } from "../support/until.js";

/** So many runs of one shell may wait for their turn; the next one is refused. */
const MAX_WAITING = 32;

describe("agentd run", () => {
  let sandbox: Sandbox;
  const run = (...args: string[]) => sandbox.run(["run", ...args]);
  const send = (...keys: string[]) =>
    expect(sandbox.run(["send", "x", ...keys])).toMatchObject({ status: 0 });
  const screen = () => sandbox.run(["capture", "x"]).stdout;
  const start = (
    ...args: string[]
  ): { child: ChildProcess; ended: Promise<number | null>; seen: string[] } => {
    const words = [program("agentd"), "run", ...args];
    const child = spawn(process.execPath, words, {
      env: sandbox.env,
      cwd: sandbox.home,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const seen = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen[0] += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      seen[1] += text;
    });
    return { child, seen, ended: new Promise((resolve) => child.on("close", resolve)) };
  };
  const open = (name: string) => {
    expect(sandbox.run(["new", "-d", name, "--", "bash", "--norc", "--noprofile"])).toMatchObject({
      status: 0,
    });
    expect(run(name, "--", "true")).toEqual({ status: 0, stdout: "", stderr: "" });
  };
  beforeAll(() => {
    sandbox = new Sandbox();
    open("x");
  });
  afterAll(() => sandbox.dispose());

  it("has the command's output and its status", () => {
    expect(run("x", "--", "echo out; echo err >&2; (exit 7)")).toEqual({
      status: 7,
      stdout: "out\nerr\n",
      stderr: "",
    });
  });

  it("passes several words to a program exactly as they are", () => {
    const words = ["a b", "$HOME", "it's", '"', "\\", "*", "", "!!", "é"];
    expect(run("x", "--", "printf", "<%s>\\n", ...words).stdout).toBe(
      words.map((word) => `<${word}>\n`).join(""),
    );
  });

  it.each([["--stdin"], ["-"]])("reads a script with %s", (flag) => {
    const input = "for i in 1 2\ndo cat <<EOF\n\t$i 'x'\nEOF\ndone\nfalse\n";
    expect(sandbox.run(["run", "x", flag], { input })).toEqual({
      status: 1,
      stdout: "\t1 'x'\n\t2 'x'\n",
      stderr: "",
    });
  });

  it("waits for a script that comes slowly, through a pipe that does not block", async () => {
    // Node's pipes are sockets, as an agent's often are.
    const words = [program("agentd"), "run", "x", "--stdin"];
    const child = spawn("sh", ["-c", 'exec "$@"', "sh", process.execPath, ...words], {
      env: sandbox.env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    let seen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    for (let line = 0; line < 20; line++) {
      child.stdin.write(`# ${"long ".repeat(1000)}\necho ${line}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    child.stdin.end("(exit 6)\n");
    expect(await ended).toBe(6);
    expect(seen).toBe(Array.from({ length: 20 }, (_, line) => `${line}\n`).join(""));
  });

  it("is one JSON object, with the beginning and the end of long output", () => {
    const { status, stdout } = run("x", "--json", "--max-output", "10", "--", "seq 100; (exit 3)");
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      name: "x",
      started: true,
      exitCode: 3,
      durationMs: expect.any(Number),
      outputBytes: 292,
      output: "1\n2\n3\n100\n",
      truncated: true,
      omittedBytes: 282,
      omittedAt: 5,
    });
  });

  it.each([
    ["an unknown shell", ["y", "--", "true"], 2, /no shell 'y'/],
    ["no command", ["x"], 64, /run needs a command/],
    ["a command and stdin", ["x", "--stdin", "--", "true"], 64, /not both/],
    ["a bad time", ["x", "--timeout", "soon", "--", "true"], 64, /bad duration 'soon'/],
    ["no time", ["x", "--timeout", "0", "--", "true"], 64, /--timeout 0/],
    ["a bad size", ["x", "--max-output", "much", "--", "true"], 64, /bad size 'much'/],
    ["a command that is too long", ["x", "-"], 64, /a command may have 200.0 KiB/],
  ])("answers %s in one line", (_what, args, status, text) => {
    const result = sandbox.run(["run", ...args], { input: "x".repeat(300_000) });
    expect(result).toMatchObject({ status, stdout: "" });
    expect(result.stderr).toMatch(text);
    expect(result.stderr.trim().split("\n")).toHaveLength(1);
  });

  it.each([
    ["vim", ["vim -u NONE -i NONE", "Enter"], /~\n.*~\n/, /vim/, [":q!", "Enter"]],
    ["less", ["seq 200 | LESS= less", "Enter"], /23\n:/, /is in front/, ["q"]],
    ["Python", ["python3 -q", "Enter"], /^>>>/m, /python3.* is in front/, ["C-d"]],
    ["cat", ["echo wai''ts; cat", "Enter"], /^waits$/m, /cat is in front/, ["C-d"]],
    ["read", ["read -p 'na''me: ' it", "Enter"], /^name:/m, /bash is not at its prompt/, ["Enter"]],
    [
      "a password's prompt",
      [`python3 -c 'import getpass; getpass.getpass("sec"+"ret: ")'`, "Enter"],
      /^secret:/m,
      /is in front/,
      ["Enter"],
    ],
    ["a half-typed line", ["echo half"], /echo half$/m, /somebody is typing/, ["C-u"]],
  ] as const)("refuses %s, and types nothing", async (_what, keys, shown, reason, leave) => {
    send("clear", "Enter");
    expect(run("x", "--", "true").status).toBe(0);
    send(...keys);
    const before = await until("it is there", () => {
      const text = screen().replace(/\n+$/, "");
      return shown.test(`${text}\n`) && text;
    });
    const result = run("x", "--", "echo executed");
    expect(result).toMatchObject({ status: 75, stdout: "" });
    expect(result.stderr).toMatch(reason);
    expect(screen().replace(/\n+$/, "")).toBe(before);
    expect(JSON.parse(run("x", "--json", "--", "echo executed").stdout)).toMatchObject({
      v: 1,
      error: { code: "shell_busy" },
    });
    send(...leave);
    await until("the shell is back", () => run("x", "--", "echo back").stdout === "back\n");
  });

  it("drops a half-typed line with --force", () => {
    send("echo half");
    expect(run("x", "--force", "--", "echo whole")).toEqual({ status: 0, stdout: "whole\n", stderr: "" });
  });

  it("runs in the shell that is in front: one inside of the first", async () => {
    send("bash --norc --noprofile", "Enter");
    await until("the inner shell", () => run("x", "--", "echo $SHLVL").stdout === "2\n");
    expect(run("x", "--", "inner=1; (exit 4)")).toMatchObject({ status: 4 });
    expect(run("x", "--", "echo $inner")).toMatchObject({ stdout: "1\n" });
    send("C-d");
    await until("the outer shell", () => run("x", "--", "echo $SHLVL").stdout === "1\n");
  });

  it("waits for its turn, in the order of asking", async () => {
    const first = start("x", "--", "echo begun; read go; echo 1 >>order");
    await until("it runs", () => first.seen[0] !== "");
    const second = start("x", "--", "echo 2 >>order; cat order");
    expect(run("x", "--timeout", "100ms", "--", "echo never >>order")).toMatchObject({
      status: 124,
      stderr: expect.stringContaining("not started within 100ms"),
    });
    send("Enter");
    expect(await first.ended).toBe(0);
    expect(await second.ended).toBe(0);
    expect(second.seen[0]).toBe("1\n2\n");
  });

  it("leaves a command alone at --timeout, and ends it with --kill", async () => {
    const long = run("x", "--timeout", "3s", "--", "echo begun; sleep 1000");
    expect(long).toMatchObject({ status: 124, stdout: "begun\n" });
    expect(long.stderr).toContain("still running after 3s");
    expect(run("x", "--", "true")).toMatchObject({ status: 75 });
    send("C-c");
    await until("the shell is back", () => run("x", "--", "true").status === 0);
    const ended = run("x", "--timeout", "3s", "--kill", "--", "echo begun; sleep 1000");
    expect(ended).toMatchObject({ status: 124, stderr: expect.stringContaining("ended by Ctrl-C") });
    expect(run("x", "--", "echo after")).toMatchObject({ status: 0, stdout: "after\n" });
  });

  it("passes the first Ctrl-C on to the command, and leaves at the second", async () => {
    const one = start(
      "x",
      "--",
      "sh -c 'trap \"echo caught; exit 5\" INT; echo begun; while :; do sleep 0.05; done'",
    );
    await until("it runs", () => one.seen[0] !== "");
    one.child.kill("SIGINT");
    expect(await one.ended).toBe(5);
    expect(one.seen[0]).toContain("caught");
    const two = start("x", "--", "sh -c 'trap \"echo deaf\" INT; echo begun; while :; do sleep 0.05; done'");
    await until("it runs", () => two.seen[0] !== "");
    two.child.kill("SIGINT");
    await until("it got one", () => two.seen[0]?.includes("deaf"));
    two.child.kill("SIGINT");
    expect(await two.ended).toBe(130);
    send("C-\\");
    await until("the shell is back", () => run("x", "--", "true").status === 0);
  });

  it("leaves alone what another one runs, when a Ctrl-C comes before its turn", async () => {
    const first = start("x", "--", "echo begun; read go; echo $go");
    await until("it runs", () => first.seen[0] !== "");
    await until("it waits", () => sandbox.run(["run", "x", "--timeout", "1ms", "--", "true"]).status === 124);
    let status: number | null = null;
    // One that has not begun to listen yet dies of it: that is another test, made again with more time.
    for (let ms = 300; status === null && ms < 20_000; ms *= 2) {
      const second = start("x", "--", "echo executed >>never");
      await new Promise((resolve) => setTimeout(resolve, ms));
      second.child.kill("SIGINT");
      status = await second.ended;
    }
    expect(status).toBe(130);
    send("went", "Enter");
    expect(await first.ended).toBe(0);
    expect(first.seen[0]).toBe("begun\nwent\nwent\n");
    expect(run("x", "--", "cat never").status).toBe(1);
  });

  it.each(["SIGKILL", "SIGTERM", "SIGHUP"] as const)(
    "forgets a run that waits when it is ended by %s",
    async (signal) => {
      const first = start("x", "--", "echo begun; read go");
      await until("it runs", () => first.seen[0] !== "");
      // All places of those that wait but one are taken: who is refused then knows that the last one is, too.
      const others = await SocketClient.greeted(sandbox.socketPath);
      for (let place = 1; place < MAX_WAITING; place++)
        others.socket.write(others.request("shell.run", { name: "x", command: "true" }));
      const begin = () => start("x", "--json", "--", `echo executed >>never-${signal}`);
      let second = begin();
      await until("it waits", () => {
        // It was refused itself, when it came in the moment in which this looked.
        if (second.child.exitCode !== null) second = begin();
        const { status } = run("x", "--timeout", "1ms", "--", "true");
        expect([75, 124]).toContain(status);
        return status === 75;
      });
      second.child.kill(signal);
      await second.ended;
      expect(second.child.signalCode).toBe(signal);
      others.close();
      send("Enter");
      expect(await first.ended).toBe(0);
      expect(run("x", "--", `cat never-${signal}`).status).toBe(1);
    },
  );

  it.each(["SIGKILL", "SIGTERM"] as const)(
    "ends a silent command with --kill when it is ended by %s",
    async (signal) => {
      const one = start("x", "--kill", "--", `echo >began-${signal}; sleep 1000`);
      await until("it runs", () => existsSync(join(sandbox.home, `began-${signal}`)));
      one.child.kill(signal);
      await one.ended;
      // 75, and nothing executed, as long as the command has not ended yet.
      const after = () => run("x", "--", "echo after");
      await until("its prompt is back", () => after().stdout === "after\n");
    },
  );

  it("has the status of a shell that ends with it, and says so", () => {
    open("short");
    const { status, stdout, stderr } = run("short", "--", "echo last; exit 3");
    expect({ status, stdout }).toEqual({ status: 3, stdout: "last\nexit\n" });
    expect(run("short", "--", "true").status).not.toBe(0);
    expect(stderr).toBe("");
  });

  it("does not know the end when the daemon is killed: 254, and the shell is as it was", async () => {
    open("kept");
    const one = start("kept", "--", "echo begun; read go; echo went");
    await until("it runs", () => one.seen[0] !== "");
    process.kill(sandbox.json<{ pid: number }>(["daemon", "status", "--json"]).pid, "SIGKILL");
    expect(await one.ended).toBe(254);
    expect(one.seen[1]).toContain("how the command ended is not known");
    await until("the daemon is back", () => sandbox.run(["send", "kept", "Enter"]).status === 0);
    await until("the shell is back", () => run("kept", "--", "echo $go-after").stdout === "-after\n");
  });
});
