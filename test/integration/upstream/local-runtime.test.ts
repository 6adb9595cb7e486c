// The upstream against the real local runtime and real shells: exact replay, exits, kills, and the program's own life.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshIds } from "../../../daemon/upstream/ids.js";
import type { Have, LinkEvent, UpstreamHandlers } from "../../../daemon/upstream/link.js";
import { LocalRuntimeLink } from "../../../daemon/upstream/local/local-runtime-link.js";
import { startLocalRuntime } from "../../../daemon/upstream/local/local-runtime-process.js";
import { Upstream } from "../../../daemon/upstream/upstream.js";
import { openWebSocket } from "../../../daemon/upstream/web-socket.js";
import { Channel } from "../../../shared/channel.js";
import { fastClock } from "../../support/fast-clock.js";
import { FaultProxy } from "../../support/fault-proxy.js";
import { LinkRecorder } from "../../support/link-recorder.js";
import { program } from "../../support/sandbox.js";

/** Keeps count as a shell does: epoch and absolute offset of what was received. */
class ExactRecorder extends LinkRecorder implements UpstreamHandlers {
  have: Have | undefined;
  override onLink(event: LinkEvent): void {
    if (event.kind === "live" && event.epoch !== undefined) {
      this.have = { epoch: event.epoch, offset: event.offset ?? 0 };
    }
    super.onLink(event);
  }
  override onFrame(frame: Uint8Array): void {
    if (this.have !== undefined && frame[0] === Channel.Stdout) {
      this.have = { epoch: this.have.epoch, offset: this.have.offset + frame.length - 1 };
    }
    super.onFrame(frame);
  }
}

let directory: string;
let socketPath: string;
let proxyPath: string;
let proxy: FaultProxy;
let link: LocalRuntimeLink;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "agentd-real-"));
  socketPath = join(directory, "runtime.sock");
  proxyPath = join(directory, "proxy.sock");
  const command = [process.execPath, program("runtime")] as [string, string];
  const env = { PATH: process.env["PATH"] ?? "", HOME: directory };
  const logPath = join(directory, "runtime.log");
  const start = () => startLocalRuntime({ command, socketPath, logPath, env });
  link = new LocalRuntimeLink({ socketPath, start });
  proxy = await FaultProxy.listen({ path: proxyPath, target: socketPath });
});
afterAll(async () => {
  await link.stop();
  await proxy.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(script: string, options: { known?: boolean; connectPath?: string } = {}) {
  const ids = freshIds();
  const env = { PATH: process.env["PATH"] ?? "", HOME: directory, SHELL: "/bin/bash", TERM: "xterm" };
  const command = ["/bin/bash", "--norc", "--noprofile", "-c", script];
  const made = await link.createShell({
    ...ids,
    name: "t",
    command,
    cwd: directory,
    env,
    cols: 80,
    rows: 24,
  });
  const recorder = new ExactRecorder();
  const upstream = new Upstream({
    target: { kind: "local" },
    ids,
    size: { cols: 80, rows: 24 },
    have: () => recorder.have,
    known: options.known ?? false,
    handlers: recorder,
    deps: {
      clock: fastClock(),
      random: Math.random,
      openSocket: openWebSocket,
      sign: () => Promise.reject(new Error("a local shell needs no signature")),
      localSocketPath: options.connectPath ?? proxyPath,
      log: { debug() {}, info() {}, warn() {} },
    },
  });
  const stop = new AbortController();
  return { ids, made, recorder, upstream, stop, ending: upstream.run(stop.signal) };
}

describe("a local shell", () => {
  it("starts the runtime, shows its output, and ends with its exit code", async () => {
    const { made, recorder, upstream, ending } = await open("read -r line; echo got-$line; exit 42");
    const live = await recorder.event("live");
    expect(live).toMatchObject({ verdict: "first", epoch: made.epoch, pid: made.pid, offset: 0 });
    upstream.send(Buffer.from("hello\r"));
    expect(await ending).toEqual({ kind: "exited", exit: { kind: "code", exitCode: 42 } });
    expect(recorder.output).toContain("got-hello");
  });

  it("is told the size", async () => {
    const { recorder, upstream, ending } = await open("read -r _; stty size");
    upstream.resize({ cols: 132, rows: 50 });
    await recorder.event("live");
    upstream.send(Buffer.from("\r"));
    await ending;
    expect(recorder.output).toContain("50 132");
  });

  it("loses and repeats no byte over connections that are cut anywhere", async () => {
    const offsets = [1, 300, 5_000, 70_000, 1_234, 200_000, 65_537, 100];
    proxy.plans.push(...offsets.map((bytes) => [{ direction: "down", bytes, act: { cut: "rst" } } as const]));
    const before = proxy.cuts;
    const { recorder, ending } = await open(
      "stty -onlcr; for i in $(seq 1 60000); do echo line-$i; done; exit 7",
    );
    expect(await ending).toEqual({ kind: "exited", exit: { kind: "code", exitCode: 7 } });
    const expected = Array.from({ length: 60_000 }, (_, n) => `line-${n + 1}\n`).join("");
    expect(recorder.output === expected).toBe(true);
    expect(proxy.cuts - before).toBeGreaterThanOrEqual(6);
    expect(new Set(recorder.of("live").map(({ verdict }) => verdict))).toEqual(new Set(["first", "same"]));
    expect(recorder.of("live").filter(({ gap }) => gap)).toEqual([]);
  });

  it("gets what was typed while the connection was down, once", async () => {
    const { recorder, upstream, ending } = await open(
      'stty -echo; echo ready; read -r a; read -r b; echo "[$a|$b]"',
    );
    await recorder.until(() => recorder.output.includes("ready"));
    proxy.cut();
    await recorder.event("lost");
    upstream.send(Buffer.from("one\rtwo\r"));
    await ending;
    expect(recorder.output).toContain("[one|two]");
  });

  it("that exits while the connection is down still tells its last words and its code", async () => {
    const { recorder, ids, stop, ending } = await open("echo ready; read -r _; echo bye; exit 9");
    await recorder.until(() => recorder.output.includes("ready"));
    stop.abort();
    expect(await ending).toEqual({ kind: "stopped" });
    const other = new LinkRecorder();
    const typist = new Upstream({
      target: { kind: "local" },
      ids,
      size: { cols: 80, rows: 24 },
      known: true,
      handlers: other,
      deps: {
        clock: fastClock(),
        random: Math.random,
        openSocket: openWebSocket,
        sign: () => Promise.reject(new Error("not needed")),
        localSocketPath: socketPath,
        log: { debug() {}, info() {}, warn() {} },
      },
    });
    const typing = typist.run(new AbortController().signal);
    expect(await other.event("live")).toMatchObject({ verdict: "same", offset: 0 });
    typist.send(Buffer.from("\r"));
    expect(await typing).toEqual({ kind: "exited", exit: { kind: "code", exitCode: 9 } });
    expect(other.output).toContain("bye");
  });

  it("can be killed, also while the connection is down", async () => {
    for (const down of [false, true]) {
      const { recorder, upstream, ending } = await open("echo ready; sleep 1000");
      await recorder.until(() => recorder.output.includes("ready"));
      if (down) {
        proxy.cut();
        await recorder.event("lost");
      }
      await upstream.kill(AbortSignal.timeout(15_000));
      expect((await ending).kind).toBe("exited");
    }
  });

  it("is taken by a second connection and taken back by the next run", async () => {
    const { recorder, ids, upstream, ending } = await open("echo ready; sleep 1000");
    await recorder.until(() => recorder.output.includes("ready"));
    const url = `ws://localhost/runtimes/${encodeURIComponent("arn:aws:bedrock-agentcore:local:000000000000:runtime/local")}/ws/shells?shellId=${ids.shellId}`;
    const headers = { "x-amzn-bedrock-agentcore-runtime-session-id": ids.runtimeSessionId };
    const kicked = new Promise((resolve) => {
      openWebSocket(
        { url, headers, socketPath },
        { onOpen() {}, onMessage() {}, onPing() {}, onPong() {}, onEnd: resolve },
      );
    });
    expect(await ending).toEqual({ kind: "taken" });
    const again = upstream.run(new AbortController().signal);
    expect(await kicked).toMatchObject({ kind: "closed", code: 4000 });
    expect((await recorder.event("live", 2)).verdict).toBe("same");
    await upstream.kill(AbortSignal.timeout(15_000));
    await again;
  });

  it("hears a Ctrl-C behind a 10 MB paste", async () => {
    const script = "stty -echo; echo ready; while read -r _; do :; done";
    const { recorder, upstream, ending } = await open(script);
    await recorder.until(() => recorder.output.includes("ready"));
    upstream.send(Buffer.from("some words to read\r".repeat(550_000)));
    const before = performance.now();
    upstream.send(Uint8Array.of(3));
    expect(await ending).toEqual({ kind: "exited", exit: { kind: "signal", signal: 2, exitCode: 130 } });
    expect(performance.now() - before).toBeLessThan(3_000);
  });

  it("that never was is gone, and is not made", async () => {
    const recorder = new LinkRecorder();
    const upstream = new Upstream({
      target: { kind: "local" },
      ids: { runtimeSessionId: randomUUID(), shellId: randomUUID() },
      size: { cols: 80, rows: 24 },
      known: true,
      handlers: recorder,
      deps: {
        clock: fastClock(),
        random: Math.random,
        openSocket: openWebSocket,
        sign: () => Promise.reject(new Error("not needed")),
        localSocketPath: socketPath,
        log: { debug() {}, info() {}, warn() {} },
      },
    });
    const ending = await upstream.run(new AbortController().signal);
    expect(ending).toMatchObject({ kind: "gone", error: { code: "shell_ended" } });
  });

  it.each([
    ["a directory that does not exist", { cwd: "/nonexistent/dir" }],
    ["a program that does not exist", { command: ["/nonexistent/program"] }],
  ])("cannot start in or as %s, and says so", async (_case, over) => {
    const spec = {
      ...freshIds(),
      name: "t",
      cwd: "/",
      env: { SHELL: "/bin/bash" },
      cols: 80,
      rows: 24,
      ...over,
    };
    await expect(link.createShell(spec)).rejects.toMatchObject({
      code: "spawn_failed",
      message: expect.stringContaining("nonexistent"),
    });
  });

  it("is gone with its runtime", async () => {
    const { recorder, ending } = await open("echo ready; sleep 1000", { connectPath: socketPath });
    await recorder.until(() => recorder.output.includes("ready"));
    await link.stop();
    expect(["exited", "gone"]).toContain((await ending).kind);
  });
});
