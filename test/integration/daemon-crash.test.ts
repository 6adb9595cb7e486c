// Nothing dies with the daemon: `kill -9` while shells print, and 32 first commands at once.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ShellInfo } from "../../shared/rpc.js";
import { isRunning } from "../support/processes.js";
import { Sandbox } from "../support/sandbox.js";
import { until } from "../support/until.js";

describe("daemon life", () => {
  let sandbox: Sandbox;
  afterEach(() => sandbox.dispose());

  const shells = () => sandbox.json<{ shells: ShellInfo[] }>(["ls", "--json"]).shells;
  const daemonPid = () => sandbox.json<{ pid: number }>(["daemon", "status", "--json"]).pid;

  it("kill -9 while a shell prints: same process, and every line that the replay ring can hold", async () => {
    sandbox = new Sandbox();
    const script =
      "i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo line-$i; done; echo done-printing; read x";
    expect(
      sandbox.run(["new", "-d", "--local", "busy", "--", "bash", "-c", `read go; ${script}`]),
    ).toMatchObject({ status: 0 });
    const [before] = shells();
    const pid = daemonPid();
    sandbox.run(["send", "busy", "Enter"]);
    process.kill(pid, "SIGKILL");
    const [after] = await until("the shell is live again", () => {
      const list = shells();
      return list[0]?.state === "live" && list;
    });
    expect(daemonPid()).not.toBe(pid);
    expect(after).toMatchObject({ pid: before?.pid, shellId: before?.shellId, bytesLost: 0 });
    const text = await until("the end of the output", () => {
      const { stdout } = sandbox.run(["capture", "busy", "-S", "-5000"]);
      return stdout.includes("done-printing") && stdout;
    });
    const numbers = [...text.matchAll(/^line-(\d+)$/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: 4000 }, (_, index) => index + 1));
  });

  it("never holds up a shell while there is no daemon, and counts to the byte what nobody kept", async () => {
    sandbox = new Sandbox();
    const [go, done] = ["go", "done"].map((name) => join(sandbox.home, name));
    // 398 digits, CR and LF: 400 bytes a line, far more lines than the replay ring holds.
    const print = `i=0; while [ $i -lt 5000 ]; do i=$((i+1)); printf '%0398d\\n' $i; done`;
    // What the runtime hands to a connection whose other end has just died counts as handed over: it learns that first.
    const script = `until [ -e ${go} ]; do sleep 0.02; done; sleep 0.3; ${print}; touch ${done}; read x`;
    sandbox.run(["new", "-d", "--local", "--size", "420x50", "busy", "--", "bash", "-c", script]);
    const pid = daemonPid();
    process.kill(pid, "SIGKILL");
    await until("the daemon is gone", () => !isRunning(pid));
    writeFileSync(go ?? "", "");
    await until("all is printed", () => existsSync(done ?? ""));
    const after = await until("the shell is live again", () =>
      shells().find(({ state }) => state === "live"),
    );
    const lines = await until("the end of the output", () => {
      const { stdout } = sandbox.run(["capture", "busy", "-S", "-9000"]);
      const whole = stdout.split("\n").filter((line) => /^\d{398}$/.test(line));
      return Number(whole.at(-1)) === 5000 && whole.map(Number);
    });
    expect(after.bytesLost).toBeGreaterThan(0);
    expect(lines[0]).toBe(Math.ceil(after.bytesLost / 400) + 1);
    expect(lines).toHaveLength(5000 - (lines[0] ?? 0) + 1);
  });

  it("knows how a shell ended while there was no daemon", async () => {
    sandbox = new Sandbox();
    const marker = join(sandbox.home, "now");
    sandbox.run([
      "new",
      "-d",
      "--local",
      "last",
      "--",
      "bash",
      "-c",
      `until [ -e ${marker} ]; do sleep 0.05; done; exit 9`,
    ]);
    const shellPid = shells()[0]?.pid ?? 0;
    process.kill(daemonPid(), "SIGKILL");
    writeFileSync(marker, "");
    await until("the shell's process is gone", () => !isAlive(shellPid));
    const ended = await until("the end is known", () => shells().find(({ state }) => state === "ended"));
    expect(ended).toMatchObject({ name: "last", exitCode: 9 });
  });

  it("`daemon restart` with a broken config keeps the daemon that works", () => {
    sandbox = new Sandbox();
    sandbox.run(["new", "-d", "--local", "kept", "--", "sleep", "1000"]);
    const pid = daemonPid();
    writeFileSync(join(sandbox.home, "config.toml"), "scrollback = [\n");
    const result = sandbox.run(["daemon", "restart"]);
    expect(result.status).toBe(78);
    expect(result.stderr).toMatch(/config.toml, line \d/);
    expect(daemonPid()).toBe(pid);
  });

  it("`daemon stop --local-shells` ends shells that no daemon holds, and `daemon status` starts none", async () => {
    sandbox = new Sandbox();
    sandbox.run(["new", "-d", "--local", "left", "--", "sleep", "1000"]);
    const shellPid = shells()[0]?.pid ?? 0;
    expect(sandbox.run(["daemon", "stop"])).toMatchObject({ status: 0 });
    expect(sandbox.run(["daemon", "status"])).toMatchObject({ status: 69 });
    expect(isAlive(shellPid)).toBe(true);
    expect(sandbox.run(["daemon", "stop", "--local-shells"])).toMatchObject({ status: 0 });
    await until("the shell is gone", () => !isAlive(shellPid));
  });

  it("a shell that `daemon stop --local-shells` ended is not looked for by the next daemon", async () => {
    sandbox = new Sandbox();
    sandbox.run(["new", "-d", "--local", "over", "--", "sleep", "1000"]);
    expect(sandbox.run(["daemon", "stop", "--local-shells"])).toMatchObject({ status: 0 });
    expect(shells()).toEqual([]);
  });

  it("`daemon restart` keeps the shell's process", async () => {
    sandbox = new Sandbox();
    sandbox.run(["new", "-d", "--local", "kept", "--", "sleep", "1000"]);
    const [before] = shells();
    expect(sandbox.run(["daemon", "restart"])).toMatchObject({ status: 0 });
    const [after] = await until("live", () => {
      const list = shells();
      return list[0]?.state === "live" && list;
    });
    expect(after?.pid).toBe(before?.pid);
  });

  it("starts exactly one daemon for 32 first commands at once", async () => {
    sandbox = new Sandbox();
    const results = await Promise.all(Array.from({ length: 32 }, () => sandbox.runAsync(["ls", "--json"])));
    expect(results.map(({ status, stderr }) => [status, stderr])).toEqual(results.map(() => [0, ""]));
    const log = readFileSync(join(sandbox.home, "state", "daemon.log"), "utf8");
    expect(log.match(/"msg":"daemon ready"/g)).toHaveLength(1);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
