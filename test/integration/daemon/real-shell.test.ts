// The whole way, without the command line: socket, daemon, local runtime, bash; also when the daemon is killed in the middle.
import { describe, expect, it, onTestFinished } from "vitest";
import { Channel } from "../../../shared/channel.js";
import { decodeNotice, type Notice } from "../../../shared/notice.js";
import type { AttachResult, ShellInfo } from "../../../shared/rpc.js";
import { decodeSnapshotPart } from "../../../shared/snapshot.js";
import { DaemonHome, type DaemonProcess } from "../../support/daemon-process.js";
import { SocketClient } from "../../support/socket-client.js";

/** A home whose local shells end with the test. */
function shellHome(): DaemonHome {
  const home = new DaemonHome();
  onTestFinished(async () => {
    // Whoever is the daemon by now, or a new one.
    await home.start().report;
    const client = await SocketClient.greeted(home.socket);
    await client.call("daemon.stop", { localShells: true });
    client.socket.end();
    await home.ended();
  });
  return home;
}

async function newShell(home: DaemonHome, name: string, command: string[]): Promise<ShellInfo> {
  const client = await SocketClient.greeted(home.socket);
  const env = { PATH: process.env.PATH, PS1: "$ ", TERM: "xterm-256color" };
  const target = { kind: "local", cwd: home.home, env, command };
  const { shell } = await client.call<{ shell: ShellInfo }>("shell.new", {
    name,
    target,
    cols: 80,
    rows: 24,
  });
  client.close();
  return shell;
}

/** A client with its packets sorted: what was drawn, what was output, what happened. */
class Viewer {
  readonly client: SocketClient;
  readonly attached: AttachResult;
  output = "";
  drawn = "";
  readonly notices: Notice[] = [];
  /** Absolute offset after the last byte that was seen. */
  offset: number;

  private constructor(client: SocketClient, attached: AttachResult) {
    this.client = client;
    this.attached = attached;
    this.offset = attached.offset;
  }

  static async attach(home: DaemonHome, name: string, more: object = {}): Promise<Viewer> {
    const client = await SocketClient.greeted(home.socket);
    return new Viewer(
      client,
      await client.call<AttachResult>("shell.attach", { name, cols: 80, rows: 24, ...more }),
    );
  }

  /** Reads frames until `done`, or the end of the stream (false). */
  async until(done: () => boolean): Promise<boolean> {
    while (!done()) {
      const frame = await this.client.frame();
      if (frame === undefined) return false;
      this.#handle(frame[0] ?? 0, frame.subarray(1));
    }
    return true;
  }

  #handle(channel: number, payload: Uint8Array): void {
    if (channel === Channel.Stdout) {
      this.output += Buffer.from(payload).toString("latin1");
      this.offset += payload.length;
    } else if (channel === Channel.Snapshot) {
      const part = decodeSnapshotPart(payload);
      this.drawn += Buffer.from(part?.bytes ?? []).toString("latin1");
      if (part?.header !== undefined) this.offset = part.header.offset;
    } else if (channel === Channel.Notice) {
      const notice = decodeNotice(payload);
      if (notice !== undefined) this.notices.push(notice);
    }
  }
}

const numbersIn = (text: string) => [...text.matchAll(/n(\d+)\r\n/g)].map((match) => Number(match[1]));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("a local shell through the socket", () => {
  it("is made, listed, typed into, read, detached from, attached to again, and tells its exit status", async () => {
    const home = shellHome();
    await home.start().ready();
    const shell = await newShell(home, "work", ["bash", "--norc", "--noprofile"]);
    expect(shell).toMatchObject({ name: "work", kind: "local", state: "live", pid: expect.any(Number) });

    const control = await SocketClient.greeted(home.socket);
    expect((await control.call<{ shells: ShellInfo[] }>("shell.list")).shells).toMatchObject([
      { name: "work", clients: 0 },
    ]);

    const first = await Viewer.attach(home, "work");
    expect(first.attached).toMatchObject({ resumed: false, shell: { name: "work" } });
    first.client.send(Channel.Stdin, "echo $((40+2))-is-it\n");
    expect(await first.until(() => first.output.includes("42-is-it"))).toBe(true);
    expect((await control.call<{ shell: ShellInfo }>("shell.info", { name: "work" })).shell.clients).toBe(1);
    first.client.send(Channel.Close, "");
    expect(await first.until(() => false)).toBe(false);
    expect(first.notices.at(-1)).toEqual({ kind: "detached", reason: "key" });

    const second = await Viewer.attach(home, "work");
    expect(await second.until(() => second.drawn.includes("42-is-it"))).toBe(true);
    second.client.send(Channel.Stdin, "exit 7\n");
    await second.until(() => false);
    expect(second.notices.at(-1)).toMatchObject({ kind: "ended", exit: { kind: "code", exitCode: 7 } });
    expect((await control.call<{ shells: ShellInfo[] }>("shell.list")).shells).toMatchObject([
      { state: "ended", exitCode: 7 },
    ]);
  });

  it("keeps its process and its output when daemons are killed; a client resumes without a gap or a repetition", async () => {
    const home = shellHome();
    let daemon: DaemonProcess = await home.start().ready();
    const pause = "[ $((i % 20)) -ne 0 ] || sleep 0.02";
    const script = `read go; i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo n$i; ${pause}; done; echo end; read stop`;
    const shell = await newShell(home, "busy", ["bash", "-c", script]);
    let viewer = await Viewer.attach(home, "busy");
    viewer.client.send(Channel.Stdin, "\n");
    let seen = "";
    for (let round = 0; round < 3; round++) {
      expect(await viewer.until(() => numbersIn(viewer.output).length > 200)).toBe(true);
      await daemon.kill("SIGKILL");
      await viewer.until(() => false);
      seen += viewer.output;
      daemon = await home.start().ready();
      const resume = { epoch: viewer.attached.epoch, offset: viewer.offset };
      viewer = await Viewer.attach(home, "busy", { resume });
      expect(viewer.attached).toMatchObject({ resumed: true, ...resume, shell: { pid: shell.pid } });
    }
    expect(await viewer.until(() => viewer.output.includes("end\r\n"))).toBe(true);
    // Otherwise the daemons were killed too late to prove anything.
    expect(numbersIn(seen).length).toBeLessThan(4000);
    expect(numbersIn(seen + viewer.output)).toEqual(upTo(4000));
  });

  it("shows the whole output to a client that comes after a killed daemon", async () => {
    const home = shellHome();
    const daemon = await home.start().ready();
    const script =
      "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo n$i; sleep 0.0005; done; echo end; read stop";
    const before = await newShell(home, "busy", ["bash", "-c", script]);
    await daemon.kill("SIGKILL");
    await home.start().ready();
    const control = await SocketClient.greeted(home.socket);
    const info = async () => (await control.call<{ shell: ShellInfo }>("shell.info", { name: "busy" })).shell;
    await expect.poll(async () => (await info()).state).toBe("live");
    expect(await info()).toMatchObject({ pid: before.pid, shellId: before.shellId, bytesLost: 0 });
    const text = async () =>
      (await control.call<{ text: string }>("shell.capture", { name: "busy", start: -5000 })).text;
    await expect.poll(text, { timeout: 15_000, interval: 200 }).toContain("end");
    const numbers = [...(await text()).matchAll(/^n(\d+)$/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(upTo(2000));
  });

  it("lives on after an orderly stop, whose reason its clients are told", async () => {
    const home = shellHome();
    const daemon = await home.start().ready();
    const before = await newShell(home, "kept", ["sleep", "1000"]);
    const viewer = await Viewer.attach(home, "kept");
    daemon.child.kill("SIGTERM");
    await viewer.until(() => false);
    expect(viewer.notices.at(-1)).toEqual({ kind: "detached", reason: "stopping" });
    viewer.client.close();
    expect(await daemon.exited).toEqual({ status: 0, signal: null });
    await home.start().ready();
    const control = await SocketClient.greeted(home.socket);
    await expect
      .poll(async () => (await control.call<{ shell: ShellInfo }>("shell.info", { name: "kept" })).shell)
      .toMatchObject({ pid: before.pid, state: "live" });
  });

  it("gives a client that does not read five seconds at the end, and a second SIGTERM none", async () => {
    const home = shellHome();
    const daemon = await home.start().ready();
    await newShell(home, "loud", ["sh", "-c", "read go; yes; read stop"]);
    const viewer = await Viewer.attach(home, "loud");
    viewer.client.send(Channel.Stdin, "\n");
    expect(await viewer.until(() => viewer.output.includes("y\r\ny"))).toBe(true);
    viewer.client.socket.pause();
    const control = await SocketClient.greeted(home.socket);
    // The daemon keeps at most 1 MiB for it, and goes on serving everyone else: when this one has seen far more than the
    // kernel and the daemon hold, the other's queue is full for certain.
    const other = await Viewer.attach(home, "loud");
    expect(await other.until(() => other.output.length > 6_000_000)).toBe(true);
    daemon.child.kill("SIGTERM");
    await control.rest();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(daemon.child.exitCode).toBeNull();
    const started = performance.now();
    expect(await daemon.kill("SIGTERM")).toEqual({ status: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("tells subscribers what happens to it", async () => {
    const home = shellHome();
    await home.start().ready();
    const events = await SocketClient.greeted(home.socket);
    expect(await events.call("events.subscribe")).toEqual({ shells: [] });
    await newShell(home, "seen", ["sleep", "1000"]);
    const control = await SocketClient.greeted(home.socket);
    await control.call("shell.rename", { name: "seen", to: "renamed" });
    await control.call("shell.kill", { name: "renamed" });
    const kinds: string[] = [];
    while (kinds.at(-1) !== "forgotten renamed") {
      const { kind, shell, name } = (await events.answer()).params as {
        kind: string;
        shell?: ShellInfo;
        name?: string;
      };
      kinds.push(`${kind} ${shell?.name ?? name}`);
    }
    expect(kinds[0]).toBe("changed seen");
    expect(kinds).toContain("renamed renamed");
  });
});
