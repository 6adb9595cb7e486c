// Programs on real pseudo-terminals: nothing lost at exit, nothing inherited, nothing that blocks.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { Pty } from "../../../daemon/local/pty.js";
import { findProgram } from "../../../daemon/local/spawn-check.js";
import type { ShellExit } from "../../../shared/status.js";
import { until } from "../../support/until.js";

const directory = mkdtempSync(join(tmpdir(), "agentd-pty-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const size = { cols: 80, rows: 24 };
const env = { PATH: process.env["PATH"] ?? "" };

interface Running {
  readonly pty: Pty;
  readonly exited: Promise<{ exit: ShellExit; output: Buffer; ms: number }>;
  output(): string;
}

function start(
  program: string,
  args: string[],
  options: { env?: Record<string, string>; cwd?: string; argv0?: string } = {},
): Running {
  const pieces: Uint8Array[] = [];
  let finish: (exit: ShellExit) => void = () => undefined;
  const began = performance.now();
  const exited = new Promise<{ exit: ShellExit; output: Buffer; ms: number }>((resolve) => {
    finish = (exit) => resolve({ exit, output: Buffer.concat(pieces), ms: performance.now() - began });
  });
  const pty = new Pty(
    {
      invocation: { program, argv0: options.argv0 ?? program, args },
      cwd: options.cwd ?? directory,
      env: options.env ?? env,
      size,
      umask: 0o022,
    },
    {
      onOutput: (bytes) => pieces.push(bytes),
      onExit: (exit) => finish(exit),
      onInputDrain: () => undefined,
    },
  );
  return { pty, exited, output: () => Buffer.concat(pieces).toString() };
}
const bash = (script: string, options = {}) => start("/bin/bash", ["--norc", "-c", script], options);

describe("Pty", () => {
  it("never touches a descriptor number that has gone to somebody else, when a background process lets go last", async () => {
    const echo = createServer((socket) => socket.end("x".repeat(2000))).listen(0, "127.0.0.1");
    await once(echo, "listening");
    const { port } = echo.address() as AddressInfo;
    let ptysLeft = 150;
    const ptys = (async () => {
      for (; ptysLeft > 0; ptysLeft--) await bash("sleep 0.06 & exit 0").exited;
    })();
    // Each of these sockets may get the number of a master that was closed a moment ago.
    while (ptysLeft > 0) {
      const received = await Promise.all(
        Array.from({ length: 8 }, async () => (await text(connect(port, "127.0.0.1"))).length),
      );
      expect(received).toEqual(received.map(() => 2000));
    }
    await ptys;
    echo.close();
  });

  it("loses no byte of 300,000 that are written just before the exit, 100 times", async () => {
    for (let run = 0; run < 100; run++) {
      const { exit, output } = await bash("head -c 300000 /dev/zero | tr '\\0' x; printf END; exit 7").exited;
      expect(exit).toEqual({ kind: "code", exitCode: 7 });
      expect(output.length).toBe(300_003);
      expect(output.subarray(-4).toString()).toBe("xEND");
    }
  });

  it("loses none for a reader that paused either", async () => {
    const running = bash("head -c 3000 /dev/zero | tr '\\0' x; printf END; exit 7");
    running.pty.pause();
    const { output } = await running.exited;
    expect(output.length).toBe(3003);
  });

  it("reports an exit within milliseconds", async () => {
    const times: number[] = [];
    for (let run = 0; run < 10; run++) times.push((await start("/bin/true", []).exited).ms);
    expect(times.toSorted((a, b) => a - b)[5]).toBeLessThan(60);
  });

  it("gives a signalled child 128+n and n", async () => {
    expect((await bash("kill -15 $$").exited).exit).toEqual({ kind: "signal", signal: 15, exitCode: 143 });
    expect((await bash("kill -9 $$").exited).exit).toEqual({ kind: "signal", signal: 9, exitCode: 137 });
  });

  it("lets a child inherit nothing but 0, 1 and 2, however many terminals are open", async () => {
    const others = Array.from({ length: 15 }, () => start("/bin/sleep", ["1000"]));
    // `ls` itself opens the directory that it lists.
    const { output } = await start("/bin/ls", ["/proc/self/fd"]).exited;
    expect(output.toString().trim().split(/\s+/)).toEqual(["0", "1", "2", "3"]);
    for (const { pty } of others) pty.destroy();
    await Promise.all(others.map(({ exited }) => exited));
  });

  it("leaves no descriptor behind in this process", async () => {
    const count = () => readdirSync("/proc/self/fd").length;
    await start("/bin/true", []).exited;
    const before = count();
    for (let run = 0; run < 20; run++) await start("/bin/true", []).exited;
    for (let run = 0; run < 5; run++) expect(() => start("/bin/true", [], { cwd: "/nowhere" })).toThrow();
    await until("the descriptors are back", () => count() <= before);
  });

  it("reports the exit at once while a background process keeps the terminal open, with what that still writes at once", async () => {
    const { exit, ms, output } = await bash(
      "trap '' HUP; (sleep 0.01; echo late; sleep 1000) & echo $!; exit 3",
    ).exited;
    expect(exit).toEqual({ kind: "code", exitCode: 3 });
    expect(ms).toBeLessThan(900);
    expect(output.toString()).toContain("late");
    process.kill(Number(output.toString().split("\r\n")[0]), "SIGKILL");
  });

  it("gives on nothing after the exit was reported", async () => {
    const late = join(directory, "late");
    // Little and slow output, as an echo: what comes so is given on at once while the program runs.
    const script = `trap '' HUP; (sleep 0.15; for i in 1 2 3 4 5 6; do echo late; sleep 0.02; done; echo > ${late}) & exit 0`;
    const running = bash(script);
    const { output } = await running.exited;
    await until("the background process has written all", () => existsSync(late));
    expect(running.output()).toBe(output.toString());
  });

  it("delivers one megabyte of arbitrary input byte for byte", async () => {
    const data = randomBytes(1024 * 1024);
    const file = join(directory, "pasted");
    const running = bash(`stty raw -echo; echo ready; head -c ${data.length} >${file}; echo got`);
    await until("raw mode", () => running.output().includes("ready"));
    for (let at = 0; at < data.length; at += 65_535) running.pty.write(data.subarray(at, at + 65_535));
    await running.exited;
    expect(readFileSync(file).equals(data)).toBe(true);
  });

  it("does not block on a program that reads nothing", async () => {
    const running = bash("stty raw -echo; echo ready; exec sleep 1000");
    await until("raw mode", () => running.output().includes("ready"));
    running.pty.write(new Uint8Array(1024 * 1024));
    const began = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(performance.now() - began).toBeLessThan(500);
    expect(running.pty.pendingInputBytes).toBeGreaterThan(900_000);
    running.pty.destroy();
    await running.exited;
  });

  it("keeps arguments, environment and directory exactly, whatever they contain", async () => {
    const odd = "$(touch hacked);'\"\n\\ * é";
    const program =
      "process.stdout.write(JSON.stringify([process.argv.slice(1), process.env, process.cwd()]) + '|')";
    const file = join(directory, "show.cjs");
    writeFileSync(file, program);
    const given = {
      ...env,
      ODD: odd,
      "A.B": "1",
      "BASH_FUNC_f%%": "() { echo x; }",
      BASH_ENV: "/nowhere/x",
      SHLVL: "5",
      PWD: directory,
      EMPTY: "",
    };
    const { output } = await start(process.execPath, [file, odd, ""], { env: given }).exited;
    const [argv, seen, cwd] = JSON.parse(output.toString().split("|")[0]!) as [string[], object, string];
    expect(argv).toEqual([file, odd, ""]);
    expect(seen).toEqual({ ...given });
    expect(cwd).toBe(directory);
    expect(readdirSync(directory)).not.toContain("hacked");
  });

  it("starts a login shell by its name, with default signals and the given mask", async () => {
    const running = start("/bin/bash", [], {
      argv0: "-bash",
      env: { ...env, HOME: directory, TERM: "dumb" },
    });
    running.pty.write(
      new TextEncoder().encode(
        "shopt login_shell; umask; grep SigIgn /proc/$$/status; cat /proc/self/status | grep SigIgn; exit\n",
      ),
    );
    const { output } = await running.exited;
    expect(output.toString()).toMatch(/login_shell\s+on/);
    expect(output.toString()).toMatch(/^0022\r$/m);
    expect(output.toString()).toMatch(/SigIgn:\s+0000000000000000\r\n$|SigIgn:\s+0000000000000000/);
  });

  it.each([
    [
      "a missing directory",
      () => start("/bin/true", [], { cwd: "/nowhere" }),
      "no such file or directory (ENOENT)",
    ],
    [
      "a file for a directory",
      () => start("/bin/true", [], { cwd: "/etc/passwd" }),
      "not a directory (ENOTDIR)",
    ],
    [
      "too large an environment",
      () => start("/bin/true", [], { env: { A: "x".repeat(140_000) } }),
      "(E2BIG)",
    ],
    [
      "a missing program",
      () => findProgram("no-such-program", "/usr/bin:/bin", "/"),
      "no such file or directory (ENOENT)",
    ],
    [
      "a program that is not executable",
      () => findProgram("/etc/passwd", "", "/"),
      "permission denied (EACCES)",
    ],
    ["a directory for a program", () => findProgram("/etc", "", "/"), "permission denied (EACCES)"],
  ])("fails for %s with the system's reason and leaves no process", (_, attempt, reason) => {
    const children = () =>
      spawnSync("ps", ["--ppid", String(process.pid), "-o", "comm="])
        .stdout.toString()
        .split("\n").length;
    const before = children();
    expect(attempt).toThrow(
      expect.objectContaining({ code: "spawn_failed", message: expect.stringContaining(reason) }),
    );
    expect(children()).toBe(before);
  });
});
