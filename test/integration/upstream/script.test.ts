import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../daemon/upstream/clock.js";
import { createSigner } from "../../../daemon/upstream/service/sign.js";
import type { UpstreamTarget } from "../../../daemon/upstream/target.js";
import { Upstream } from "../../../daemon/upstream/upstream.js";
import { openWebSocket } from "../../../daemon/upstream/web-socket.js";
import { Channel } from "../../../shared/channel.js";
import { fastClock } from "../../support/fast-clock.js";
import { LinkRecorder } from "../../support/link-recorder.js";
import { type Refusal, type ScriptConnection, ScriptServer, type Step } from "../../support/script-server.js";

const ids = { runtimeSessionId: "s".repeat(36), shellId: "sh1" };
const runtimeArn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/x";
const HOUR = 3_600_000;

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

interface Options {
  readonly steps: Step[];
  readonly known?: boolean;
  readonly unix?: boolean;
  readonly bearerTokenFile?: string;
}

async function start({ steps, known = false, unix = false }: Options) {
  const directory = await mkdtemp(join(tmpdir(), "agentd-up-"));
  cleanup.push(() => rm(directory, { recursive: true }));
  const localSocketPath = join(directory, "r.sock");
  const server = await ScriptServer.listen(steps, unix ? localSocketPath : undefined);
  cleanup.push(() => server.close());
  const clock = fastClock();
  const recorder = new LinkRecorder();
  const target: UpstreamTarget = unix
    ? { kind: "local" }
    : { kind: "agentcore", region: "us-west-2", runtimeArn, endpointUrl: `${server.url}/` };
  const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const upstream = new Upstream({
    target,
    ids,
    size: { cols: 100, rows: 30 },
    known,
    handlers: recorder,
    deps: {
      clock,
      random: () => 0.5,
      openSocket: openWebSocket,
      sign: createSigner({ clock: systemClock, providerFor: async () => async () => keys }),
      localSocketPath,
      log: { debug() {}, info() {}, warn() {} },
    },
  });
  const stop = new AbortController();
  const ending = upstream.run(stop.signal);
  cleanup.push(async () => {
    stop.abort();
    await ending;
  });
  return { server, clock, recorder, upstream, stop, ending };
}

const quiet: Step = { accept: () => {} };
const accept = (does: (connection: ScriptConnection) => void): Step => ({ accept: does });

describe("an upgrade request", () => {
  it("is signed anew each time, for the host it goes to, and offers no compression", async () => {
    const { server } = await start({ steps: [accept((c) => c.drop()), quiet] });
    await server.connection(2);
    const [first, second] = server.requests;
    expect(first!.url).toBe(
      `/runtimes/${encodeURIComponent(runtimeArn)}/ws/shells?qualifier=DEFAULT&shellId=sh1`,
    );
    expect(first!.headers["host"]).toBe(server.url.slice("http://".length));
    expect(first!.headers["x-amzn-bedrock-agentcore-runtime-session-id"]).toBe(ids.runtimeSessionId);
    expect(first!.headers["authorization"]).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
    expect(second!.headers["authorization"]).toMatch(/^AWS4-HMAC-SHA256 /);
    expect(first!.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  it("goes over the Unix socket for a local shell, without authorization", async () => {
    const { server, recorder } = await start({ steps: [quiet], unix: true });
    await recorder.event("live");
    expect(server.requests[0]!.headers["authorization"]).toBeUndefined();
    expect(server.requests[0]!.headers).toMatchObject({
      "x-agentd-attach-only": "1",
      "x-agentd-have": "*:0",
    });
  });
});

describe("a refusal", () => {
  it.each<[Refusal, string, string]>([
    [{ status: 400, body: '{"message":"no such feature"}' }, "rejected", "no such feature"],
    [{ status: 401 }, "no_credentials", "401"],
    [
      { status: 403, headers: { "x-amzn-ErrorType": "AccessDeniedException" } },
      "access_denied",
      "InvokeAgentRuntimeCommandShell",
    ],
    [{ status: 404 }, "runtime_not_found", runtimeArn],
    [
      { status: 424, body: '{"error":"ShellLimit","message":"limit of 10 shells reached"}' },
      "capacity",
      "limit of 10 shells",
    ],
    [{ status: 429, headers: { "x-amzn-errortype": "ServiceQuotaExceededException" } }, "capacity", "in use"],
    [{ status: 200, body: "<html>log in here</html>" }, "unreachable", "answered instead (200)"],
  ])("ends a first connect: %j", async (refuse, code, words) => {
    const { ending, server } = await start({ steps: [{ refuse }] });
    const result = await ending;
    expect(result).toMatchObject({ kind: "gone", error: { code } });
    expect(result.kind === "gone" && result.error.message).toContain(words);
    expect(server.requests.length).toBe(1);
  });

  it.each<[Refusal]>([
    [{ status: 409, body: '{"message":"Session operation in progress, please retry"}' }],
    [{ status: 424, body: '{"message":"runtime unreachable"}' }],
    [{ status: 429, headers: { "x-amzn-errortype": "ThrottlingException" } }],
    [{ status: 500 }],
    [{ status: 503, body: "busy" }],
  ])("that heals is retried: %j", async (refuse) => {
    const { recorder, server } = await start({ steps: [{ refuse }, { refuse }, quiet] });
    await recorder.event("live");
    expect(server.requests.length).toBe(3);
  });

  it("is read to a bound, even if its body never ends", async () => {
    const body = `{"message":"${"x".repeat(100_000)}"}`;
    const { ending } = await start({ steps: [{ refuse: { status: 404, body } }] });
    const result = await ending;
    expect(result.kind === "gone" && result.error.message.length).toBeLessThan(400);
  });

  it("by a redirect is not followed, and nothing is sent there", async () => {
    const elsewhere = await ScriptServer.listen([quiet]);
    cleanup.push(() => elsewhere.close());
    const refuse = { status: 307, headers: { location: `${elsewhere.url}/x` } };
    const { ending } = await start({ steps: [{ refuse }] });
    expect(await ending).toMatchObject({ kind: "gone", error: { code: "unreachable" } });
    expect(elsewhere.requests).toEqual([]);
  });

  it("by a hang-up or a broken handshake is retried", async () => {
    const { recorder, server } = await start({ steps: [{ hangUp: true }, { hangUp: true }, quiet] });
    await recorder.event("live");
    expect(server.requests.length).toBe(3);
  });
});

describe("output and confirmations", () => {
  it("case 49, 50: output before the confirmation is delivered in order, and a second confirmation only counts", async () => {
    const { recorder } = await start({
      known: true,
      steps: [
        accept((c) => {
          c.stdout("one ");
          c.confirm(true);
          c.stdout("two ");
          c.confirm(true, 45_056);
          c.stdout("three");
        }),
      ],
    });
    await recorder.until(() => recorder.output.endsWith("three"));
    expect(recorder.output).toBe("one two three");
    expect(recorder.of("confirmed").map(({ bytesDropped }) => bytesDropped)).toEqual([0, 45_056]);
  });

  it("case 54: without id headers and without a confirmation our ids stay in force", async () => {
    const { recorder, server, upstream } = await start({ steps: [accept((c) => c.stdout("$ ")), quiet] });
    await recorder.until(() => recorder.output === "$ ");
    expect(recorder.of("live")[0]!.ids).toEqual(ids);
    (await server.connection(1)).drop();
    await server.connection(2);
    expect(server.requests[1]!.url).toContain("shellId=sh1");
    expect(upstream.ids).toEqual(ids);
  });

  it("case 56: unknown channels, text and empty messages are ignored", async () => {
    const { recorder } = await start({
      steps: [
        accept((c) => {
          c.frame(0x7e, Buffer.from("?"));
          c.socket.send("text");
          c.socket.send(new Uint8Array());
          c.stdout("still here");
        }),
      ],
    });
    await recorder.until(() => recorder.output !== "");
    expect([recorder.output, recorder.of("lost")]).toEqual(["still here", []]);
  });

  it("frames of more than 64 KiB are answered with 1009, and the connection is made again", async () => {
    const { server, recorder } = await start({
      steps: [accept((c) => c.frame(Channel.Stdout, new Uint8Array(70_000))), accept((c) => c.stdout("ok"))],
    });
    expect(await (await server.connection(1)).closed).toBe(1009);
    await recorder.until(() => recorder.output === "ok");
    expect(recorder.frames.length).toBe(1);
  });

  it("64 KiB of output behind a channel byte come as two frames of legal length", async () => {
    const { recorder } = await start({
      steps: [accept((c) => c.frame(Channel.Stdout, new Uint8Array(65_536).fill(120)))],
    });
    await recorder.until(() => recorder.output.length === 65_536);
    expect(recorder.frames.map((frame) => [frame[0], frame.length])).toEqual([
      [1, 65_536],
      [1, 2],
    ]);
  });
});

describe("a close", () => {
  it.each([1001, 1006, 1008, 1009, 1011, 1012, 4001])("with %d is a reconnect", async (code) => {
    const { server, recorder } = await start({
      steps: [accept((c) => (code === 1006 ? c.drop() : c.close(code, "why"))), quiet],
    });
    await recorder.event("live", 2);
    expect(server.requests.length).toBe(2);
    expect(recorder.of("lost").length).toBe(1);
  });

  it("case 51: an error on the socket does not hide a 4000 or a 1003", async () => {
    for (const [code, kind] of [
      [4000, "taken"],
      [1003, "gone"],
    ] as const) {
      const { server, ending } = await start({
        steps: [
          accept((c) => {
            c.close(code);
            // Bytes after a close frame are a protocol error for the client.
            c.socket.once("close", () => {});
          }),
        ],
      });
      expect((await ending).kind).toBe(kind);
      expect(server.requests.length).toBe(1);
    }
  });

  it.each([1000, 1006, 1008, 1011, 4000])(
    "case 53: with %d after a termination STATUS keeps the exit code",
    async (code) => {
      const { ending, server } = await start({
        steps: [
          accept((c) => {
            c.stdout("bye");
            c.terminate({ kind: "code", exitCode: 3 });
            if (code === 1006) c.socket.close(1011);
            else c.close(code);
          }),
        ],
      });
      expect(await ending).toEqual({ kind: "exited", exit: { kind: "code", exitCode: 3 } });
      expect(server.requests.length).toBe(1);
    },
  );

  it("case 55: 1008 near the hour reconnects at once, early in life only after a pause", async () => {
    const { clock, recorder, server } = await start({ steps: [quiet] });
    await recorder.event("live");
    clock.age(HOUR - 20_000);
    (await server.connection(1)).close(1008);
    const late = await recorder.event("lost");
    await recorder.event("live", 2);
    (await server.connection(2)).close(1008);
    const early = await recorder.event("lost", 2);
    await recorder.event("live", 3);
    expect(late.retryAt! - systemClock.now()).toBeLessThanOrEqual(0);
    expect(early.attempt).toBe(1);
    expect(early.retryAt! - systemClock.now()).toBeGreaterThan(500);
  });

  it("with 1000 and no exit is asked about, and a new shell is not adopted", async () => {
    const { ending, server } = await start({
      steps: [accept((c) => c.close(1000)), accept((c) => c.confirm(false))],
    });
    expect(await ending).toMatchObject({ kind: "exited", exit: { kind: "unknown" } });
    expect(server.requests.length).toBe(2);
    expect((await server.connection(2)).received.filter((frame) => frame[0] === Channel.Close)).toEqual([]);
  });
});

describe("a silent connection", () => {
  it("case 52: without pongs is given up and made again; with pongs it lives", async () => {
    const { server, recorder } = await start({
      steps: [
        accept((c) => {
          // Reads nothing any more: no pong leaves.
          c.socket.pause();
        }),
        quiet,
      ],
    });
    await recorder.event("live", 2);
    expect(recorder.of("lost")[0]!.reason).toContain("no answer");
    const second = await server.connection(2);
    let pings = 0;
    await new Promise<void>((resolve) => {
      second.socket.on("ping", () => {
        pings += 1;
        if (pings === 3) resolve();
      });
    });
    expect(recorder.of("lost").length).toBe(1);
  });
});

describe("input", () => {
  it("arrives at most once and in order, however often the connection breaks", async () => {
    const dropping = accept((c) => {
      c.confirm(true);
      void c.until(() => c.input.length > 4_000).then(() => c.drop());
    });
    const { server, recorder, upstream } = await start({
      known: true,
      steps: [dropping, dropping, dropping, accept((c) => c.confirm(true))],
    });
    let typed = 0;
    const type = (tokens: number) => {
      for (let i = 0; i < tokens; i++) upstream.send(Buffer.from(`${String(typed++).padStart(7, "0")};`));
    };
    for (let n = 1; n <= 3; n++) {
      await recorder.event("live", n);
      type(1_000);
      await recorder.event("lost", n);
      type(100);
    }
    const last = await server.connection(4);
    await last.until(() => last.input.endsWith("0003299;"));
    const got = server.connections.flatMap(({ input }) => input.match(/\d{7};/g) ?? []);
    expect(got).toEqual([...new Set(got)].sort());
    // What was typed while there was no connection is never in doubt.
    for (const held of [1_099, 2_199, 3_299]) expect(got).toContain(`${String(held).padStart(7, "0")};`);
  });

  it("a Ctrl-C behind a 10 MB paste arrives quickly", async () => {
    const { server, recorder, upstream } = await start({ steps: [quiet] });
    await recorder.event("live");
    const connection = await server.connection(1);
    upstream.send(new Uint8Array(10 * 1024 * 1024).fill(120));
    await connection.until(() => connection.received.length > 3);
    const before = systemClock.monotonic();
    upstream.send(Uint8Array.of(3));
    await connection.until(() => connection.received.at(-1)!.at(-1) === 3);
    expect(systemClock.monotonic() - before).toBeLessThan(200);
    expect(connection.input.length).toBeLessThan(9 * 1024 * 1024);
  });

  it("keeps the size: told at each connect, the newest of many", async () => {
    const { server, recorder, upstream } = await start({ steps: [quiet] });
    await recorder.event("live");
    const first = await server.connection(1);
    for (let cols = 101; cols < 200; cols++) upstream.resize({ cols, rows: 40 });
    const sizes = (c: ScriptConnection) =>
      c.received
        .filter((frame) => frame[0] === Channel.Resize)
        .map((frame) => Buffer.from(frame).toString("latin1", 1));
    await first.until(() => sizes(first).at(-1) === '{"width":199,"height":40}');
    expect(sizes(first)[0]).toBe('{"width":100,"height":30}');
    first.drop();
    const second = await server.connection(2);
    await second.until(() => sizes(second).length > 0);
    expect(sizes(second)).toEqual(['{"width":199,"height":40}']);
  });
});

describe("kill and stop", () => {
  it("kill sends CLOSE and learns the exit", async () => {
    const { recorder, upstream, ending } = await start({
      steps: [
        accept((c) => {
          void c
            .until(() => c.received.some((frame) => frame[0] === Channel.Close))
            .then(() => {
              c.frame(Channel.Close);
              c.terminate({ kind: "signal", signal: 1, exitCode: 129 });
              c.close(1000);
            });
        }),
      ],
    });
    await recorder.event("live");
    expect(await upstream.kill(AbortSignal.timeout(5_000))).toMatchObject({ signal: 1 });
    expect((await ending).kind).toBe("exited");
  });

  it("stop closes with 1000 and never sends CLOSE", async () => {
    const { server, recorder, stop, ending } = await start({ steps: [quiet] });
    await recorder.event("live");
    const connection = await server.connection(1);
    stop.abort();
    expect(await ending).toEqual({ kind: "stopped" });
    expect(await connection.closed).toBe(1000);
    expect(connection.received.filter((frame) => frame[0] === Channel.Close)).toEqual([]);
  });
});
