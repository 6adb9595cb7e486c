// The daemon as a process: one of many starters wins, signals end it in order, and no death leaves the next one stuck.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { DaemonHome } from "../../support/daemon-process.js";
import { program } from "../../support/sandbox.js";
import { SocketClient } from "../../support/socket-client.js";

const pidOf = async (socket: string) => {
  const client = await SocketClient.greeted(socket);
  const { pid } = await client.call<{ pid: number }>("daemon.status");
  client.close();
  return pid;
};

/** The TCP sockets that listen, as the kernel counts them for this process (state 0A in proc(5), net/tcp). */
function tcpListeners(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // Descriptors come and go while we look.
        return [];
      }
    }),
  );
  const rows = ["tcp", "tcp6"].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n").slice(1),
  );
  return rows.filter((row) => {
    const fields = row.trim().split(/\s+/);
    return fields[3] === "0A" && inodes.has(fields[9] ?? "");
  });
}

describe("start", () => {
  it("says one line when it is ready, and nothing else", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    expect(await daemon.report).toEqual({ socket: home.socket, pid: daemon.pid });
    expect(await pidOf(home.socket)).toBe(daemon.pid);
    await daemon.kill("SIGTERM");
    expect(daemon.stdout.split("\n")).toHaveLength(2);
    expect(daemon.stderr).toBe("");
  });

  it("has exactly one winner among 32 starters, and every loser names it", async () => {
    const home = new DaemonHome();
    const starters = Array.from({ length: 32 }, () => home.start());
    const reports = await Promise.all(starters.map((starter) => starter.report));
    const winners = reports.filter((report) => report?.socket !== undefined);
    expect(winners).toHaveLength(1);
    const pid = winners[0]?.pid;
    expect(reports.filter((report) => report?.socket === undefined)).toEqual(
      Array.from({ length: 31 }, () => ({ running: pid })),
    );
    const losers = starters.filter((starter) => starter.pid !== pid);
    expect(await Promise.all(losers.map((loser) => loser.exited))).toEqual(
      losers.map(() => ({ status: 0, signal: null })),
    );
    expect(await pidOf(home.socket)).toBe(pid);
    expect(readdirSync(home.runtime).sort()).toEqual(["agentd.sock", "lock.000000000001"]);
  }, 60_000);

  it("has one winner again after the first was killed, whatever it left", async () => {
    const home = new DaemonHome();
    for (let round = 1; round <= 3; round++) {
      const starters = Array.from({ length: 6 }, () => home.start());
      const reports = await Promise.all(starters.map((starter) => starter.report));
      const winner = starters.find((_, index) => reports[index]?.socket !== undefined);
      expect(reports.filter((report) => report?.socket !== undefined)).toHaveLength(1);
      expect(await pidOf(home.socket)).toBe(winner?.pid);
      await winner?.kill("SIGKILL");
      expect(lstatSync(home.socket).isSocket()).toBe(true);
    }
  }, 60_000);

  it("waits for a daemon that is ending, and takes its place", async () => {
    const home = new DaemonHome();
    const first = await home.start().ready();
    first.child.kill("SIGTERM");
    const second = await home.start().ready();
    expect(await first.exited).toEqual({ status: 0, signal: null });
    expect(await pidOf(home.socket)).toBe(second.pid);
  });

  it("does not share a state directory with a daemon of another runtime directory", async () => {
    const home = new DaemonHome();
    const first = await home.start().ready();
    const other = join(home.home, "other");
    const second = home.start({ env: { AGENTD_RUNTIME_DIR: other } });
    expect((await second.report)?.error).toMatchObject({
      code: "daemon_unavailable",
      message: expect.stringContaining(`pid ${first.pid}`),
    });
    expect(await second.exited).toEqual({ status: 69, signal: null });
  });

  it.each([
    [
      "a runtime directory that others can enter",
      (home: DaemonHome) => chmodSync(home.runtime, 0o750),
      "unsafe_directory",
      78,
    ],
    [
      "a state directory that is a link",
      (home: DaemonHome) => {
        mkdirSync(join(home.home, "real"), { mode: 0o700 });
        symlinkSync(join(home.home, "real"), home.state);
      },
      "unsafe_directory",
      78,
    ],
    [
      "a broken config file",
      (home: DaemonHome) => writeFileSync(join(home.home, "config.toml"), "x = "),
      "bad_config",
      78,
    ],
    [
      "a file in the socket's place",
      (home: DaemonHome) => writeFileSync(home.socket, ""),
      "unsafe_directory",
      78,
    ],
    [
      "a path that is too long for a socket",
      (home: DaemonHome) => {
        home.env = { ...home.env, AGENTD_RUNTIME_DIR: join(home.home, "d".repeat(100)) };
      },
      "path_too_long",
      78,
    ],
    [
      "certificates that nobody checks",
      (home: DaemonHome) => {
        home.env = { ...home.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
      },
      "daemon_unavailable",
      69,
    ],
  ])("refuses %s", async (_, prepare, code, status) => {
    const home = new DaemonHome();
    prepare(home);
    const daemon = home.start();
    const report = await daemon.report;
    expect(report?.error?.code).toBe(code);
    expect(await daemon.exited).toEqual({ status, signal: null });
    expect(daemon.stderr).toContain(report?.error?.message);
    expect(existsSync(home.socket) && lstatSync(home.socket).isSocket()).toBe(false);
  });

  it("refuses to run under a debugger", async () => {
    const daemon = new DaemonHome().start({ node: ["--inspect=127.0.0.1:0"] });
    expect((await daemon.report)?.error?.message).toContain("a debugger listens");
    expect(await daemon.exited).toEqual({ status: 69, signal: null });
  });
});

describe("signals", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "%s ends it in order: clients read the end, the socket is gone",
    async (signal) => {
      const home = new DaemonHome();
      const daemon = await home.start().ready();
      const client = await SocketClient.greeted(home.socket);
      const exit = daemon.kill(signal);
      expect(await client.rest()).toBe("");
      client.close();
      expect(await exit).toEqual({ status: 0, signal: null });
      expect(existsSync(home.socket)).toBe(false);
      expect(readFileSync(join(home.state, "daemon.log"), "utf8")).toContain("daemon stopped");
    },
  );

  it("does not wait for clients that only stay", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    await SocketClient.greeted(home.socket);
    const started = performance.now();
    expect(await daemon.kill("SIGTERM")).toEqual({ status: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it.runIf(process.platform === "linux")("SIGUSR1 opens no debugger and no port", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    daemon.child.kill("SIGUSR1");
    expect(await pidOf(home.socket)).toBe(daemon.pid);
    expect(daemon.stderr).toBe("");
    expect(tcpListeners(daemon.pid)).toEqual([]);
  });

  it("daemon.stop answers, then ends it", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    const client = await SocketClient.greeted(home.socket);
    await expect(client.call("daemon.stop")).resolves.toEqual({});
    client.socket.end();
    expect(await daemon.exited).toEqual({ status: 0, signal: null });
  });
});

describe("process", () => {
  it.runIf(process.platform === "linux")("has a private umask and keeps no directory busy", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    expect(readFileSync(`/proc/${daemon.pid}/status`, "utf8")).toMatch(/^Umask:\s+0077$/m);
    expect(readlinkSync(`/proc/${daemon.pid}/cwd`)).toBe("/");
  });

  it("counts and logs that it stood still, without a word about what it did", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    const client = await SocketClient.greeted(home.socket);
    const { stalls } = await client.call<{ stalls: number }>("daemon.status");
    // Two that follow each other closely count as one: the first may be the start of the daemon itself.
    const stopped = async () => {
      daemon.child.kill("SIGSTOP");
      await delay(600);
      daemon.child.kill("SIGCONT");
      return (await client.call<{ stalls: number }>("daemon.status")).stalls;
    };
    await expect.poll(stopped, { timeout: 10_000 }).toBeGreaterThan(stalls);
    const line = readFileSync(join(home.state, "daemon.log"), "utf8")
      .split("\n")
      .find((text) => text.includes("event loop stood still"));
    expect(Object.keys(JSON.parse(line ?? "{}") as object).sort()).toEqual(["level", "ms", "msg", "time"]);
    client.close();
  });

  it("logs an unexpected exception, saves and exits with 70; the next daemon starts", async () => {
    const home = new DaemonHome();
    const fault = join(home.home, "fault.cjs");
    writeFileSync(
      fault,
      'process.on("SIGUSR2", () => { setImmediate(() => { throw new Error("injected"); }); });',
    );
    const daemon = await home.start({ node: ["--require", fault] }).ready();
    expect(await daemon.kill("SIGUSR2")).toEqual({ status: 70, signal: null });
    expect(readFileSync(join(home.state, "daemon.log"), "utf8")).toMatch(
      /"fatal".*injected.*uncaught exception/,
    );
    await home.start().ready();
  });

  it("comes back when its directory was removed, and existing clients do not notice", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    const old = await SocketClient.greeted(home.socket);
    rmSync(home.runtime, { recursive: true });
    await expect.poll(() => existsSync(home.socket), { timeout: 8000 }).toBe(true);
    expect(await pidOf(home.socket)).toBe(daemon.pid);
    await expect(old.call("shell.list")).resolves.toEqual({ shells: [] });
    expect((await home.start().report)?.running).toBe(daemon.pid);
  });

  it("hands over to a daemon that was started while its directory was gone", async () => {
    const home = new DaemonHome();
    const first = await home.start().ready();
    rmSync(home.runtime, { recursive: true });
    const second = await home.start().ready();
    expect(await first.exited).toEqual({ status: 0, signal: null });
    expect(await pidOf(home.socket)).toBe(second.pid);
  });

  it.skipIf(spawnSync("python3", ["-V"]).error)(
    "serves the socket that a service manager hands over, and leaves its name alone",
    async () => {
      const home = new DaemonHome();
      // What systemd does for agentd.socket: listen, put the socket on descriptor 3, become the program.
      const manager = `import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o600)
s.listen()
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])`;
      const args = ["-c", manager, home.socket, process.execPath, program("daemon"), "run"];
      const child = spawn("python3", args, { env: home.env, stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child, "exit");
      for await (const line of createInterface({ input: child.stdout })) {
        expect(JSON.parse(line)).toEqual({ socket: home.socket, pid: child.pid });
        expect(await pidOf(home.socket)).toBe(child.pid);
        child.kill("SIGTERM");
      }
      expect(await ended).toEqual([0, null]);
      expect(lstatSync(home.socket).isSocket()).toBe(true);
    },
  );

  it("leaves nothing that others can read", async () => {
    const home = new DaemonHome();
    const daemon = await home.start().ready();
    await pidOf(home.socket);
    const paths = [home.runtime, home.state].flatMap((directory) => [
      directory,
      ...readdirSync(directory).map((name) => join(directory, name)),
    ]);
    expect(paths.filter((path) => (lstatSync(path).mode & 0o077) !== 0)).toEqual([]);
    await daemon.kill("SIGTERM");
  });
});
