// The built daemon on a socket that is handed over as systemd does it: descriptor 3, LISTEN_FDS=1, LISTEN_PID its own pid.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DaemonHome } from "../../support/daemon-process.js";
import { program } from "../../support/sandbox.js";
import { SocketClient } from "../../support/socket-client.js";
import { until } from "../../support/until.js";

interface Shells {
  readonly shells: readonly { readonly name: string; readonly pid: number; readonly state: string }[];
}

/** Holds the socket like the service manager: it listens, and never accepts. */
async function manager(home: DaemonHome, path = home.socket): Promise<number> {
  const umask = process.umask(0o177);
  const server: Server = createServer();
  await new Promise<void>((resolve) => {
    server.listen({ path, backlog: 16 }, resolve);
    process.umask(umask);
  });
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  // This process must not accept what is meant for the daemon: only a copy of the descriptor, in a process that sleeps, stays.
  const holder = spawn("sleep", ["600"], { stdio: ["ignore", "ignore", "ignore", fd] });
  onTestFinished(() => {
    holder.kill("SIGKILL");
  });
  const held = holder.pid ?? 0;
  await until("the holder has the socket", () => existsSync(`/proc/${held}/fd/3`));
  // Closing would remove the name; it is put aside for that moment.
  renameSync(path, `${path}.kept`);
  await new Promise((resolve) => server.close(resolve));
  renameSync(`${path}.kept`, path);
  return held;
}

/** Starts the daemon with the holder's descriptor 3. */
async function activate(home: DaemonHome, holder: number) {
  const script = `exec 3<&- ; exec python3 -c '
import os, sys
pidfd = os.pidfd_open(int(sys.argv[1]))
import ctypes
fd = ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, 3, 0)
assert fd >= 0, ctypes.get_errno()
os.close(pidfd)
if fd != 3:
    os.dup2(fd, 3)
    os.close(fd)
os.set_inheritable(3, True)
os.environ["LISTEN_FDS"] = "1"
os.environ["LISTEN_FDNAMES"] = "agentd.socket"
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(sys.argv[2], sys.argv[2:])
' ${holder} "$@"`;
  return home.start({ before: ["sh", "-c", script, "sh"] });
}

const stopped = async (client: SocketClient) => {
  await client.call("daemon.stop", { restart: true });
  await client.rest();
  client.close();
};

const supported =
  process.platform === "linux" &&
  spawnSync("python3", [
    "-c",
    "import os,ctypes; p=os.pidfd_open(os.getpid()); assert ctypes.CDLL(None).syscall(438,p,0,0)>=0",
  ]).status === 0;

describe.skipIf(!supported)("socket activation", () => {
  it("serves the inherited socket, says so, and leaves it to its owner", async () => {
    const home = new DaemonHome();
    const holder = await manager(home);
    const { ino } = lstatSync(home.socket);
    const daemon = await (await activate(home, holder)).ready();
    const client = await SocketClient.greeted(home.socket);
    expect(await client.call("daemon.status")).toMatchObject({ socketActivated: true, pid: daemon.pid });
    await stopped(client);
    expect(await daemon.exited).toEqual({ status: 0, signal: null });
    expect(lstatSync(home.socket).ino).toBe(ino);
  });

  it("keeps the shells over a restart on the same socket; whoever comes in between waits", async () => {
    const home = new DaemonHome().endShellsWithTest();
    const holder = await manager(home);
    await (await activate(home, holder)).ready();
    const client = await SocketClient.greeted(home.socket);
    const target = {
      kind: "local",
      cwd: home.home,
      env: { PATH: process.env["PATH"] },
      command: ["sleep", "600"],
    };
    await client.call("shell.new", { name: "work", target });
    const { shells: before } = await client.call<Shells>("shell.list");
    await stopped(client);
    await home.ended();
    // Nobody accepts now: the kernel keeps the connection.
    const early = await SocketClient.connect(home.socket);
    await (await activate(home, holder)).ready();
    await early.call("hello", { protocol: 1, client: "test" });
    const after = await until("the shell is live", async () => {
      const { shells } = await early.call<Shells>("shell.list");
      return shells[0]?.state === "live" && shells;
    });
    expect(after.map(({ name, pid }) => [name, pid])).toEqual(before.map(({ name, pid }) => [name, pid]));
    early.close();
  });

  it("hands neither the socket nor its variables on to the local runtime", async () => {
    const home = new DaemonHome().endShellsWithTest();
    const daemon = await (await activate(home, await manager(home))).ready();
    const client = await SocketClient.greeted(home.socket);
    const target = { kind: "local", cwd: home.home, env: {}, command: ["/bin/sleep", "600"] };
    await client.call("shell.new", { name: "work", target });
    const inherited = readlinkSync(`/proc/${daemon.pid}/fd/3`);
    const runtimes = readdirSync("/proc").filter((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === daemon.pid) return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(home.runtime, "local.sock"));
      } catch {
        return false;
      }
    });
    expect(runtimes).toHaveLength(1);
    const [pid] = runtimes;
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(open).not.toContain(inherited);
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("LISTEN_");
    client.close();
  });

  it("takes over from a daemon whose name the service manager has taken; its shells stay", async () => {
    const home = new DaemonHome().endShellsWithTest();
    const first = await home.start().ready();
    const client = await SocketClient.greeted(home.socket);
    const target = { kind: "local", cwd: home.home, env: {}, command: ["/bin/sleep", "600"] };
    await client.call("shell.new", { name: "work", target });
    renameSync(home.socket, join(home.home, "old.sock"));
    const holder = await manager(home);
    const second = await (await activate(home, holder)).ready();
    expect(await first.exited).toEqual({ status: 0, signal: null });
    const other = await SocketClient.greeted(home.socket);
    expect(await other.call("daemon.status")).toMatchObject({ pid: second.pid, socketActivated: true });
    expect((await other.call<Shells>("shell.list")).shells).toMatchObject([{ name: "work" }]);
    other.close();
    client.close();
  });

  it("refuses a socket that others can open, or that is not where clients look", async () => {
    const open = new DaemonHome();
    const holder = await manager(open);
    chmodSync(open.socket, 0o666);
    const daemon = await activate(open, holder);
    expect((await daemon.report)?.error).toMatchObject({ code: "unsafe_directory" });
    expect((await daemon.exited).status).toBe(78);

    const elsewhere = new DaemonHome();
    mkdirSync(join(elsewhere.home, "else"), { mode: 0o700 });
    const lost = await manager(elsewhere, join(elsewhere.home, "else", "agentd.sock"));
    const other = await activate(elsewhere, lost);
    expect((await other.report)?.error?.message).toMatch(/is not at '.*', where clients look.*ListenStream/);
    expect((await other.exited).status).toBe(69);
  });
});

describe("the units", () => {
  const units = ["agentd.service", "agentd.socket"].map((name) =>
    join(import.meta.dirname, "../../../systemd", name),
  );
  const analyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

  it.skipIf(!analyze)("pass systemd's own check", () => {
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["--user", "verify", ...units], {
      encoding: "utf8",
      env: { ...process.env, XDG_RUNTIME_DIR: "/tmp" },
    });
    // It looks for the program in our PATH: without an installed agentd, that is all it may say.
    const lines = `${stdout}${stderr}`
      .split("\n")
      .filter((line) => line !== "" && !/command agentd is not executable/i.test(line));
    expect(lines).toEqual([]);
    expect(status).toBe(0);
  });

  it("start the program that is installed, where the daemon looks for its socket", () => {
    const [service = "", socket = ""] = units.map((unit) => readFileSync(unit, "utf8"));
    expect(service).toMatch(/^ExecStart=.*agentd daemon run$/m);
    expect(service).toMatch(/^ExecReload=.*HUP/m);
    expect(socket).toMatch(/^ListenStream=%t\/agentd\/agentd\.sock$/m);
    expect(socket).toMatch(/^SocketMode=0600$/m);
    expect(existsSync(program("daemon"))).toBe(true);
  });
});
