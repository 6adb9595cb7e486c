import { describe, expect, it } from "vitest";
import type { Ending, Have } from "../../../../daemon/upstream/link.js";
import type { SignRequest } from "../../../../daemon/upstream/service/sign.js";
import type { UpstreamTarget } from "../../../../daemon/upstream/target.js";
import { Upstream } from "../../../../daemon/upstream/upstream.js";
import { Channel } from "../../../../shared/channel.js";
import { AgentdError } from "../../../../shared/errors.js";
import { framePayload } from "../../../../shared/frame.js";
import { encodeResize } from "../../../../shared/size.js";
import { encodeConfirmation, encodeTermination } from "../../../../shared/status.js";
import { LinkRecorder } from "../../../support/link-recorder.js";
import { ScriptedNetwork, type ScriptedSocket } from "../../../support/scripted-network.js";
import { settle, VirtualClock } from "../../../support/virtual-clock.js";

const ids = { runtimeSessionId: "s".repeat(36), shellId: "sh1" };
const agentcore: UpstreamTarget = {
  kind: "agentcore",
  region: "us-west-2",
  runtimeArn: "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/x",
};
const HOUR = 3_600_000;
const bytes = (text: string) => new TextEncoder().encode(text);

function make(options: { target?: UpstreamTarget; known?: boolean; have?: () => Have | undefined } = {}) {
  const clock = new VirtualClock();
  const network = new ScriptedNetwork();
  const recorder = new LinkRecorder();
  const signed: SignRequest[] = [];
  const world = { signError: undefined as AgentdError | undefined, signHangs: false };
  const upstream = new Upstream({
    target: options.target ?? agentcore,
    ids,
    size: { cols: 80, rows: 24 },
    ...(options.have === undefined ? {} : { have: options.have }),
    known: options.known ?? false,
    handlers: recorder,
    deps: {
      clock,
      random: () => 0.5,
      openSocket: network.openSocket,
      sign: async (request) => {
        signed.push(request);
        if (world.signHangs) await new Promise(() => {});
        if (world.signError !== undefined) throw world.signError;
        return { ...request.headers, authorization: `signed ${signed.length}` };
      },
      localSocketPath: "/run/runtime.sock",
      log: { debug() {}, info() {}, warn() {} },
    },
  });
  const stop = new AbortController();
  const run = () => {
    const state: { ending?: Ending } = {};
    upstream.run(stop.signal).then((ending) => {
      state.ending = ending;
    });
    return state;
  };
  return { clock, network, recorder, signed, world, upstream, stop, run };
}

const confirm = (socket: ScriptedSocket, reconnected: boolean, dropped = 0) =>
  socket.message(Channel.Status, encodeConfirmation("sh1", reconnected, dropped));

const inputOf = (socket: ScriptedSocket) =>
  Buffer.concat(socket.sent.filter((frame) => frame[0] === Channel.Stdin).map(framePayload)).toString();

/** An upstream with an open first connection. */
async function makeLive(options: Parameters<typeof make>[0] = {}, headers: Record<string, string> = {}) {
  const made = make(options);
  const state = made.run();
  await settle();
  made.network.last.open(headers);
  await settle();
  return { ...made, state };
}

/** Loses the connection and opens the next one. */
async function reconnect(
  { clock, network }: Pick<ReturnType<typeof make>, "clock" | "network">,
  headers = {},
) {
  network.last.closed(1006);
  await clock.advance(250);
  network.last.open(headers);
  await settle();
  return network.last;
}

describe("the first connection", () => {
  it("is signed, names both ids, and is told the size at once", async () => {
    const { network, recorder, upstream } = await makeLive();
    const [socket] = network.sockets;
    expect(socket!.request.url).toMatch(
      /^wss:\/\/bedrock-agentcore\.us-west-2\.amazonaws\.com\/.*shellId=sh1$/,
    );
    expect(socket!.request.headers).toEqual({
      "x-amzn-bedrock-agentcore-runtime-session-id": ids.runtimeSessionId,
      authorization: "signed 1",
    });
    expect(recorder.events).toEqual([
      { kind: "connecting", attempt: 1 },
      { kind: "live", verdict: "first", ids },
    ]);
    expect(socket!.sent).toEqual([Uint8Array.of(Channel.Resize, ...encodeResize({ cols: 80, rows: 24 }))]);
    upstream.send(bytes("ls\r"));
    expect(inputOf(socket!)).toBe("ls\r");
  });

  it("sends what was typed before it was there", async () => {
    const { network, run, upstream } = make();
    upstream.send(bytes("early"));
    run();
    await settle();
    network.last.open();
    expect(inputOf(network.last)).toBe("early");
  });

  it("waits 330 s for a microVM to start, then tries again", async () => {
    const { clock, network, run, recorder } = make();
    run();
    await clock.advance(329_000);
    expect(network.sockets.length).toBe(1);
    await clock.advance(2_000);
    expect(network.sockets[0]!.terminated).toBe(true);
    expect(recorder.of("lost")[0]!.reason).toContain("no answer within 330 s");
    await clock.advance(3_000);
    expect(network.sockets.length).toBe(2);
  });

  it("that could not start its shell is not a shell: the next one is the first", async () => {
    const { clock, network, recorder, upstream } = await makeLive();
    upstream.send(bytes("x"));
    const internal = { kind: "unknown", message: "no PTY" } as const;
    network.last.message(Channel.Status, encodeTermination(internal));
    network.last.closed(1011);
    await settle();
    upstream.send(bytes("make\r"));
    await clock.advance(2_000);
    network.last.open();
    expect(recorder.of("live")[1]).toMatchObject({ verdict: "first" });
    expect(inputOf(network.last)).toBe("make\r");
  });

  it.each([
    ["an unreachable host", { kind: "failed", code: "ENOTFOUND", message: "" }, "unreachable"],
    ["404", { kind: "refused", status: 404, headers: {}, body: "" }, "runtime_not_found"],
    ["403", { kind: "refused", status: 403, headers: {}, body: "" }, "access_denied"],
  ] as const)("that meets %s ends the run", async (_case, end, code) => {
    const { network, run, recorder } = make();
    const state = run();
    await settle();
    network.last.end(end);
    await settle();
    expect(state.ending).toMatchObject({ kind: "gone", error: { code } });
    expect(recorder.of("lost")).toEqual([]);
  });

  it("without credentials opens nothing", async () => {
    const { network, run, world } = make();
    world.signError = new AgentdError("no_credentials", "no AWS credentials");
    const state = run();
    await settle();
    expect(state.ending).toMatchObject({ kind: "gone", error: { code: "no_credentials" } });
    expect(network.sockets).toEqual([]);
  });
});

describe("a lost connection", () => {
  it("is made again at once, signed anew, then after 1, 2, 4, 8, 15 s", async () => {
    const { clock, network, recorder, signed, state } = await makeLive();
    await clock.advance(9_000);
    network.last.closed(1006);
    const times: number[] = [];
    for (let n = 2; n <= 7; n++) {
      const from = clock.monotonic();
      while (network.sockets.length < n) await clock.advance(10);
      times.push(clock.monotonic() - from);
      network.last.end({ kind: "failed", code: "ECONNREFUSED", message: "" });
      await settle();
    }
    expect(times.map((ms) => Math.round(ms / 100) / 10)).toEqual([0.1, 1, 2, 4, 8, 15]);
    expect(recorder.of("lost").map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(signed.length).toBe(7);
    expect(state.ending).toBeUndefined();
  });

  it("after 15 minutes is asked for every 30 s, without end", async () => {
    const { clock, network, state } = await makeLive();
    network.last.closed(1006);
    const fail = async () => {
      while (network.last.request && !("failed" in network.last)) {
        Object.assign(network.last, { failed: true });
        network.last.end({ kind: "failed", code: "ENETUNREACH", message: "" });
        await settle();
      }
    };
    for (let s = 0; s < 20 * 60; s++) {
      await clock.advance(1_000);
      await fail();
    }
    const before = network.sockets.length;
    for (let s = 0; s < 300; s++) {
      await clock.advance(1_000);
      await fail();
    }
    expect(network.sockets.length - before).toBe(10);
    expect(state.ending).toBeUndefined();
  });

  it("says when it will be tried again, and tries at once when asked to", async () => {
    const { clock, network, recorder, upstream } = await makeLive();
    network.last.closed(1011);
    await settle();
    expect(recorder.of("lost")).toEqual([
      { kind: "lost", attempt: 1, reason: "the service failed", retryAt: clock.now() + 1_000 },
    ]);
    upstream.retryNow();
    await settle();
    expect(network.sockets.length).toBe(2);
  });

  it("is noticed without a close: no answer to a ping for 6 s", async () => {
    const { clock, network } = await makeLive();
    await clock.advance(11_900);
    expect([network.last.pings, network.sockets.length]).toEqual([1, 1]);
    await clock.advance(500);
    expect(network.sockets[0]!.terminated).toBe(true);
    expect(network.sockets.length).toBe(2);
  });

  it("is not lost as long as pongs come", async () => {
    const { clock, network, recorder } = await makeLive();
    for (let i = 0; i < 100; i++) {
      await clock.advance(6_000);
      network.last.pong();
    }
    expect(recorder.of("lost")).toEqual([]);
  });

  it("that comes and goes is given time from the fourth loss on", async () => {
    const { clock, network } = await makeLive();
    for (let n = 2; n <= 4; n++) {
      network.last.closed(1006);
      await clock.advance(250);
      expect(network.sockets.length).toBe(n);
      network.last.open();
    }
    network.last.closed(1006);
    await clock.advance(250);
    expect(network.sockets.length).toBe(4);
    await clock.advance(1_000);
    expect(network.sockets.length).toBe(5);
  });

  it("ignores what its old socket still says, its 4000 above all", async () => {
    const made = await makeLive();
    const old = made.network.last;
    await made.clock.advance(26_000);
    made.network.last.open();
    old.closed(4000);
    old.message(Channel.Stdout, bytes("ghost"));
    await settle();
    expect([made.recorder.output, made.state.ending]).toEqual(["", undefined]);
  });
});

describe("held input", () => {
  it("goes into the same shell after a confirmation, in order", async () => {
    const made = await makeLive();
    confirm(made.network.last, false);
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("held "));
    await made.clock.advance(250);
    const socket = made.network.last;
    socket.open();
    made.upstream.send(bytes("more"));
    expect(inputOf(socket)).toBe("");
    confirm(socket, true);
    expect(inputOf(socket)).toBe("held more");
    expect(made.recorder.of("confirmed").at(-1)).toEqual({
      kind: "confirmed",
      verdict: "same",
      bytesDropped: 0,
    });
  });

  it("does not wait for a machine that sleeps longer than anybody remembers it", async () => {
    for (const [sleptMs, sent] of [
      [60_000, "make deploy\r"],
      [600_000, ""],
    ] as const) {
      const made = await makeLive();
      const { clock, network, recorder, upstream } = made;
      confirm(network.last, false);
      network.last.closed(1006);
      await settle();
      upstream.send(bytes("make deploy\r"));
      // The monotonic clock stands still meanwhile.
      const now = clock.now.bind(clock);
      clock.now = () => now() + sleptMs;
      upstream.wake();
      await clock.advance(250);
      network.last.open();
      confirm(network.last, true);
      expect(inputOf(network.last)).toBe(sent);
      expect(recorder.of("confirmed").at(-1)?.heldDiscarded).toBe(sent === "" ? 12 : undefined);
    }
  });

  it("does not go into a shell that was made by a connection which broke before it said so", async () => {
    const made = await makeLive();
    confirm(made.network.last, false);
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("rm -rf x\r"));
    await made.clock.advance(250);
    made.network.last.open();
    made.network.last.closed(1006);
    await made.clock.advance(1_250);
    made.network.last.open();
    confirm(made.network.last, true);
    expect(inputOf(made.network.last)).toBe("");
    expect(made.recorder.of("confirmed").at(-1)).toEqual({
      kind: "confirmed",
      verdict: "unknown",
      bytesDropped: 0,
      heldDiscarded: 9,
    });
  });

  it.each([
    ["broke before its answer came: it may have made a new shell", "ECONNRESET", "unknown"],
    ["reached nobody: that cannot have made a new shell", "ECONNREFUSED", "same"],
  ])("after an upgrade that %s", async (_case, code, verdict) => {
    const made = await makeLive();
    confirm(made.network.last, false);
    made.network.last.closed(1006);
    await made.clock.advance(250);
    made.network.last.end({ kind: "failed", code, message: code });
    await made.clock.advance(1_250);
    made.network.last.open();
    confirm(made.network.last, true);
    expect(made.recorder.of("confirmed").at(-1)).toMatchObject({ verdict });
  });

  it("is discarded and counted when a new shell answers, and later input goes through", async () => {
    const made = await makeLive();
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("rm -rf x\r"));
    await made.clock.advance(250);
    made.network.last.open();
    confirm(made.network.last, false);
    expect(made.recorder.of("confirmed")).toEqual([
      { kind: "confirmed", verdict: "new", bytesDropped: 0, heldDiscarded: 9 },
    ]);
    made.upstream.send(bytes("ls\r"));
    expect(inputOf(made.network.last)).toBe("ls\r");
  });

  it("is discarded at once when the 101 names another shell, and the new id is used from then on", async () => {
    const made = await makeLive();
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("x"));
    await made.clock.advance(250);
    made.network.last.open({ "x-amzn-bedrock-agentcore-shell-id": "other" });
    expect(made.recorder.of("live")[1]).toEqual({
      kind: "live",
      verdict: "new",
      ids: { ...ids, shellId: "other" },
      heldDiscarded: 1,
    });
    await reconnect(made);
    expect(made.network.last.request.url).toMatch(/shellId=other$/);
  });

  it("waits a second for a confirmation, then is discarded as unknown", async () => {
    const made = await makeLive();
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("abc"));
    await made.clock.advance(250);
    made.network.last.open();
    await made.clock.advance(1_000);
    expect(made.recorder.of("confirmed")).toEqual([
      { kind: "confirmed", verdict: "unknown", bytesDropped: 0, heldDiscarded: 3 },
    ]);
    made.upstream.send(bytes("d"));
    expect(inputOf(made.network.last)).toBe("d");
  });

  it("does not wait long for a server that has shown to send no confirmations", async () => {
    const made = await makeLive();
    await made.clock.advance(5_000);
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("abc"));
    await made.clock.advance(250);
    made.network.last.open();
    expect(made.recorder.of("live")[1]).toMatchObject({ verdict: "unknown" });
    await made.clock.advance(1_000);
    expect(made.recorder.of("confirmed")[0]).toMatchObject({ verdict: "unknown", heldDiscarded: 3 });
    made.upstream.send(bytes("d"));
    expect(inputOf(made.network.last)).toBe("d");
  });

  it("does not wait at all for such a server when nothing is held", async () => {
    const made = await makeLive();
    made.network.last.message(Channel.Stdout, bytes("$ "));
    await made.clock.advance(5_000);
    await reconnect(made);
    made.upstream.send(bytes("d"));
    expect(inputOf(made.network.last)).toBe("d");
  });

  it("goes into a shell that proves to be the same by repeating what it printed before", async () => {
    const made = await makeLive();
    const history = Buffer.from(Array.from({ length: 1000 }, (_, i) => `line ${i * 7919}\r\n`).join(""));
    made.network.last.message(Channel.Stdout, history);
    await made.clock.advance(5_000);
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("abc"));
    await made.clock.advance(250);
    made.network.last.open();
    made.network.last.message(Channel.Stdout, history);
    made.network.last.message(Channel.Stdout, bytes("new"));
    await made.clock.advance(500);
    expect(made.recorder.of("confirmed")[0]).toMatchObject({ verdict: "same" });
    expect(inputOf(made.network.last)).toBe("abc");
    expect(made.recorder.output).toBe(`${history}new`);
  });

  it("is counted when it was sent and nothing proves that it arrived, and is not sent again", async () => {
    const made = await makeLive();
    made.upstream.send(bytes("proved"));
    await made.clock.advance(300);
    made.network.last.pong();
    made.upstream.send(bytes("doubt"));
    await reconnect(made);
    expect(made.recorder.of("lost")[0]).toMatchObject({ inDoubt: 5 });
    expect(inputOf(made.network.last)).toBe("");
    await reconnect(made);
    expect(made.recorder.of("lost")[1]).not.toHaveProperty("inDoubt");
  });

  it("is in doubt also when another client takes the shell", async () => {
    const made = await makeLive();
    made.upstream.send(bytes("make\r"));
    made.network.last.closed(4000);
    await settle();
    expect(made.state.ending).toEqual({ kind: "taken" });
    expect(made.recorder.of("lost")).toMatchObject([{ inDoubt: 5 }]);
  });

  it("is dropped by a Ctrl-C, and that is said", async () => {
    const made = await makeLive();
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("rm -rf /"));
    made.upstream.send(bytes("\u0003"));
    expect(made.recorder.of("discarded")).toEqual([{ kind: "discarded", bytes: 8 }]);
    expect(made.upstream.queuedBytes).toBe(1);
  });

  it("is never sent again once it was handed to a connection", async () => {
    const made = await makeLive();
    made.upstream.send(bytes("once"));
    const socket = await reconnect(made);
    confirm(socket, true);
    expect(inputOf(socket)).toBe("");
  });
});

describe("the words of the server", () => {
  it("deliver output that comes before, between and after confirmations, in order and at once", async () => {
    const { network, recorder } = await makeLive({ known: true });
    const socket = network.last;
    socket.message(Channel.Stdout, bytes("a"));
    expect(recorder.output).toBe("a");
    confirm(socket, true);
    socket.message(Channel.Stderr, bytes("b"));
    confirm(socket, true, 512);
    confirm(socket, true, 512);
    socket.message(Channel.Stdout, bytes("c"));
    expect(recorder.output).toBe("abc");
    expect(recorder.frames.map((frame) => frame[0])).toEqual([1, 2, 1]);
    expect(recorder.of("confirmed")).toEqual([
      { kind: "confirmed", verdict: "same", bytesDropped: 0 },
      { kind: "confirmed", verdict: "same", bytesDropped: 512 },
    ]);
  });

  it("that nobody knows are ignored", async () => {
    const { network, recorder, state } = await makeLive();
    const socket = network.last;
    socket.message(0x7e, bytes("x"));
    socket.message(Channel.Stdin, bytes("x"));
    socket.message(Channel.Heartbeat, bytes("x"));
    socket.message(Channel.Stdout);
    socket.message(Channel.Status, bytes("{}"));
    socket.text("hello");
    expect([recorder.frames, state.ending]).toEqual([[], undefined]);
  });

  it("of an exit end the run with it, whatever the close", async () => {
    const { network, state } = await makeLive();
    network.last.message(Channel.Status, encodeTermination({ kind: "code", exitCode: 42 }));
    network.last.message(Channel.Stdout, bytes("late"));
    network.last.closed(1006);
    await settle();
    expect(state.ending).toEqual({ kind: "exited", exit: { kind: "code", exitCode: 42 } });
  });

  it("of an exit without a close are followed by ours", async () => {
    const { clock, network, state } = await makeLive();
    network.last.message(Channel.Status, encodeTermination({ kind: "code", exitCode: 0 }));
    await clock.advance(2_000);
    expect(network.last.closedWith).toBe(1000);
    await clock.advance(1_000);
    expect(state.ending).toEqual({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
  });

  it("of a CLOSE or a 1008 near the hour are no exit", async () => {
    const made = await makeLive();
    made.clock.freeze(HOUR);
    made.network.last.message(Channel.Close);
    made.network.last.closed(1008);
    await settle();
    await made.clock.advance(0);
    expect(made.network.sockets.length).toBe(2);
    expect(made.state.ending).toBeUndefined();
  });
});

describe("a close without a reason", () => {
  it("is asked about once: the same shell goes on", async () => {
    const made = await makeLive();
    made.network.last.closed(1000);
    await made.clock.advance(1);
    made.network.last.open();
    confirm(made.network.last, true);
    await settle();
    expect(made.state.ending).toBeUndefined();
    expect(made.recorder.of("live").length).toBe(2);
  });

  it("is asked about once: a new shell means that the old one ended, and is not adopted", async () => {
    const made = await makeLive();
    made.network.last.closed(1000);
    await made.clock.advance(1);
    const socket = made.network.last;
    socket.open();
    confirm(socket, false);
    socket.message(Channel.Stdout, bytes("a prompt that nobody waits for"));
    await made.clock.advance(1_000);
    expect(made.state.ending).toMatchObject({ kind: "exited", exit: { kind: "unknown" } });
    expect(made.recorder.output).toBe("");
    expect(socket.closedWith).toBe(1000);
    expect(socket.sent.filter((frame) => frame[0] === Channel.Close)).toEqual([]);
  });

  it("says what was typed for the old shell when a new one answers", async () => {
    const made = await makeLive();
    made.network.last.closed(1000);
    made.upstream.send(bytes("exit\r"));
    await made.clock.advance(1);
    made.network.last.open();
    confirm(made.network.last, false);
    await made.clock.advance(1_000);
    expect(made.recorder.of("discarded")).toEqual([{ kind: "discarded", bytes: 5 }]);
    expect(inputOf(made.network.last)).toBe("");
  });

  it("is still a question when the next attempt reaches nobody", async () => {
    const made = await makeLive();
    made.network.last.closed(1000);
    await made.clock.advance(1);
    made.network.last.end({ kind: "failed", code: "ECONNRESET", message: "" });
    await made.clock.advance(2_000);
    made.network.last.open();
    confirm(made.network.last, false);
    await made.clock.advance(1_000);
    expect(made.state.ending).toMatchObject({ kind: "exited", exit: { kind: "unknown" } });
  });
});

describe("the hour", () => {
  const MINUTE = 60_000;
  async function age(made: Awaited<ReturnType<typeof makeLive>>, ms: number, output: boolean) {
    for (const until = made.clock.monotonic() + ms; made.clock.monotonic() < until; ) {
      await made.clock.advance(1_000);
      if (output) made.network.sockets[0]!.message(Channel.Stdout, bytes("."));
      else made.network.sockets[0]!.pong();
    }
  }

  it("is never reached: a quiet connection is renewed before, in order, and goes on", async () => {
    const made = await makeLive();
    confirm(made.network.last, false);
    await age(made, 53.5 * MINUTE, false);
    const [old] = made.network.sockets;
    expect(old!.closedWith).toBe(1000);
    old!.message(Channel.Stdout, bytes("last words"));
    old!.closed(1000);
    await settle();
    await made.clock.advance(0);
    made.network.last.open();
    confirm(made.network.last, true);
    expect(made.recorder.output).toBe("last words");
    expect(made.recorder.of("lost").map(({ reason }) => reason)).toEqual(["renewing the connection"]);
    expect(made.recorder.of("confirmed").at(-1)).toEqual({
      kind: "confirmed",
      verdict: "same",
      bytesDropped: 0,
    });
    expect(old!.sent.filter((frame) => frame[0] === Channel.Close)).toEqual([]);
  });

  it("makes a busy connection wait for a pause, but not beyond 57 minutes", async () => {
    const made = await makeLive();
    await age(made, 56.9 * MINUTE, true);
    expect(made.network.last.closedWith).toBeUndefined();
    await age(made, 0.2 * MINUTE, true);
    expect(made.network.sockets[0]!.closedWith).toBe(1000);
  });

  it("hears of another client even while it renews", async () => {
    const made = await makeLive();
    await age(made, 53.5 * MINUTE, false);
    made.network.last.closed(4000);
    await settle();
    expect(made.state.ending).toEqual({ kind: "taken" });
  });

  it("does not exist for the local runtime", async () => {
    const made = await makeLive({ target: { kind: "local" } });
    await age(made, 120 * MINUTE, false);
    expect(made.network.last.closedWith).toBeUndefined();
  });
});

describe("being taken", () => {
  it("ends the run, and the next run takes the shell back", async () => {
    const made = await makeLive();
    made.network.last.closed(4000);
    await made.clock.advance(60_000);
    expect(made.state.ending).toEqual({ kind: "taken" });
    expect(made.network.sockets.length).toBe(1);
    made.run();
    await settle();
    made.network.last.open();
    confirm(made.network.last, true);
    expect(made.recorder.of("confirmed").at(-1)!.verdict).toBe("same");
  });
});

describe("a target of the state file that this version cannot reach", () => {
  it("keeps no daemon from starting, and says why it waits", async () => {
    const target: UpstreamTarget = {
      ...agentcore,
      runtimeArn: "arn:aws-next:bedrock-agentcore:x:1:runtime/y",
    };
    const { network, recorder, run } = make({ target, known: true });
    run();
    await settle();
    expect(recorder.of("needs-credentials").map(({ message }) => message)).toEqual([
      expect.stringContaining("its partition (the second part) is not known"),
    ]);
    expect(network.sockets).toEqual([]);
  });
});

describe("credentials and capacity", () => {
  it("that are missing for a known shell are waited for, without a connection", async () => {
    const made = make({ known: true });
    made.world.signError = new AgentdError("no_credentials", "no AWS credentials");
    const state = made.run();
    await made.clock.advance(300_000);
    expect(made.network.sockets).toEqual([]);
    expect(made.signed.length).toBeLessThan(15);
    expect(made.recorder.of("needs-credentials")[0]!.message).toBe("no AWS credentials");
    made.world.signError = undefined;
    made.upstream.retryNow();
    await settle();
    expect(made.signed.at(-1)!.fresh).toBe(true);
    made.network.last.open();
    expect([made.recorder.of("live").length, state.ending]).toEqual([1, undefined]);
  });

  it("that are used up are asked for every 30 s", async () => {
    const made = make({ known: true });
    made.run();
    await settle();
    const full = { kind: "refused", status: 429, headers: {}, body: "quota" } as const;
    made.network.last.end(full);
    await made.clock.advance(29_000);
    expect(made.network.sockets.length).toBe(1);
    await made.clock.advance(9_000);
    expect(made.network.sockets.length).toBe(2);
    expect(made.recorder.of("capacity").length).toBe(1);
  });
});

describe("a wrong clock", () => {
  it("is corrected from the answer, once", async () => {
    const made = make();
    made.run();
    await settle();
    const date = new Date(made.clock.now() + 432_000).toUTCString();
    const end = {
      kind: "refused",
      status: 403,
      headers: { date, "x-amzn-errortype": "InvalidSignatureException" },
      body: "",
    } as const;
    made.network.last.end(end);
    await made.clock.advance(1);
    expect(made.signed[1]!.clockOffsetMs).toBe(432_000);
    made.network.last.open();
    expect(made.recorder.of("live").length).toBe(1);
  });

  it("is corrected again when our clock was set right after the correction", async () => {
    const made = make();
    made.run();
    await settle();
    const answer = (skewMs: number) => {
      const headers = {
        date: new Date(made.clock.now() + skewMs).toUTCString(),
        "x-amzn-errortype": "InvalidSignatureException",
      };
      made.network.last.end({ kind: "refused", status: 403, headers, body: "" });
    };
    answer(432_000);
    await made.clock.advance(1);
    answer(0);
    await made.clock.advance(2_000);
    // The header counts whole seconds.
    expect(Math.abs(made.signed[2]!.clockOffsetMs)).toBeLessThan(1_000);
    made.network.last.open();
    expect(made.recorder.of("live").length).toBe(1);
  });
});

describe("stop", () => {
  it("closes in order, delivers what is still on its way, and never sends CLOSE", async () => {
    const { network, recorder, stop, state } = await makeLive();
    stop.abort();
    await settle();
    expect(network.last.closedWith).toBe(1000);
    network.last.message(Channel.Stdout, bytes("last"));
    network.last.closed(1000);
    await settle();
    expect([state.ending, recorder.output]).toEqual([{ kind: "stopped" }, "last"]);
    expect(network.last.sent.filter((frame) => frame[0] === Channel.Close)).toEqual([]);
    network.last.message(Channel.Stdout, bytes("ghost"));
    expect(recorder.output).toBe("last");
  });

  it("does not wait for a server that does not answer", async () => {
    const { clock, network, stop, state } = await makeLive();
    stop.abort();
    await clock.advance(1_000);
    expect([state.ending, network.last.terminated]).toEqual([{ kind: "stopped" }, true]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("works while signing, while connecting and while waiting, and leaves no timer", async () => {
    for (const phase of ["signing", "connecting", "waiting"]) {
      const { clock, network, run, stop } = make({ known: true });
      const state = run();
      if (phase !== "signing") await settle();
      if (phase === "waiting") {
        network.last.end({ kind: "failed", code: "ENOTFOUND", message: "" });
        await settle();
      }
      stop.abort();
      await settle();
      expect([phase, state.ending, clock.pendingTimers]).toEqual([phase, { kind: "stopped" }, 0]);
    }
  });
});

describe("kill", () => {
  const closes = (socket: ScriptedSocket) => socket.sent.filter((frame) => frame[0] === Channel.Close).length;
  const never = new AbortController().signal;

  it("sends CLOSE and returns the exit status the server says", async () => {
    const { network, state, upstream } = await makeLive();
    const killed = upstream.kill(never);
    expect(closes(network.last)).toBe(1);
    network.last.message(Channel.Close);
    network.last.message(Channel.Status, encodeTermination({ kind: "signal", signal: 1, exitCode: 129 }));
    network.last.closed(1000);
    expect(await killed).toEqual({ kind: "signal", signal: 1, exitCode: 129 });
    expect(state.ending).toMatchObject({ kind: "exited" });
  });

  it("returns nothing when the server only closes", async () => {
    const { network, upstream } = await makeLive();
    const killed = upstream.kill(never);
    network.last.closed(1000);
    expect(await killed).toBeUndefined();
  });

  it("connects at once when the link is down, and kills again when the link broke before the answer", async () => {
    const { clock, network, state, upstream } = await makeLive();
    await clock.advance(5_000);
    network.last.closed(1011);
    await settle();
    const killed = upstream.kill(never);
    await settle();
    network.last.open();
    expect(closes(network.last)).toBe(1);
    network.last.closed(1006);
    await clock.advance(250);
    network.last.open();
    expect(closes(network.last)).toBe(1);
    network.last.message(Channel.Close);
    network.last.closed(1000);
    expect(await killed).toBeUndefined();
    expect(state.ending).toEqual({ kind: "exited", exit: { kind: "unknown", message: "killed" } });
  });

  it("works for a shell that was taken", async () => {
    const { network, run, upstream } = await makeLive();
    network.last.closed(4000);
    await settle();
    await expect(upstream.kill(never)).rejects.toMatchObject({ code: "shell_not_live" });
    run();
    const killed = upstream.kill(never);
    await settle();
    network.last.open();
    expect(closes(network.last)).toBe(1);
    network.last.closed(1000);
    expect(await killed).toBeUndefined();
  });

  it("has nothing to do where there is no shell", async () => {
    const { network, run, upstream } = make({ target: { kind: "local" }, known: true });
    run();
    const killed = upstream.kill(never);
    await settle();
    network.last.end({ kind: "refused", status: 404, headers: {}, body: "" });
    expect(await killed).toBeUndefined();
  });

  it("gives up with its signal, and the shell stays connected", async () => {
    const { network, state, upstream } = await makeLive();
    const giveUp = new AbortController();
    const killed = upstream.kill(giveUp.signal);
    giveUp.abort();
    await expect(killed).rejects.toMatchObject({ code: "timeout" });
    network.last.message(Channel.Stdout, bytes("alive"));
    expect(state.ending).toBeUndefined();
  });

  it("goes on for one who asked when another gives up, and sends nothing for one who has given up before", async () => {
    const { network, upstream } = await makeLive();
    const giveUp = new AbortController();
    const patient = upstream.kill(never);
    const hasty = upstream.kill(giveUp.signal);
    giveUp.abort();
    await expect(hasty).rejects.toMatchObject({ code: "timeout" });
    network.last.message(Channel.Close);
    network.last.closed(1000);
    expect(await patient).toBeUndefined();
    const other = await makeLive();
    await expect(other.upstream.kill(giveUp.signal)).rejects.toMatchObject({ code: "timeout" });
    expect(closes(other.network.last)).toBe(0);
  });

  it("says why it cannot be done now", async () => {
    const { run, world, upstream } = make({ known: true });
    world.signError = new AgentdError("no_credentials", "no AWS credentials");
    run();
    await expect(upstream.kill(never)).rejects.toMatchObject({ code: "no_credentials" });
  });
});

describe("exact mode", () => {
  const epoch = "0f0e0d0c-0000-4000-8000-000000000001";
  const exact = (offset: number) => ({
    "x-agentd-epoch": epoch,
    "x-agentd-offset": String(offset),
    "x-agentd-pid": "77",
  });

  it("asks the local runtime for everything, over its socket, and never lets it create a shell", async () => {
    const { network, signed, recorder } = await makeLive({ target: { kind: "local" } }, exact(0));
    const { request } = network.last;
    expect(request.socketPath).toBe("/run/runtime.sock");
    expect(request.headers).toMatchObject({ "x-agentd-have": "*:0", "x-agentd-attach-only": "1" });
    expect(signed).toEqual([]);
    expect(recorder.of("live")).toEqual([{ kind: "live", verdict: "first", epoch, offset: 0, ids, pid: 77 }]);
  });

  it("goes on where the caller stands, knows its shell at the 101, and states a gap", async () => {
    const target = { kind: "local" } as const;
    const made = await makeLive({ target, have: () => ({ epoch, offset: 1_000 }) }, exact(0));
    made.network.last.closed(1006);
    await settle();
    made.upstream.send(bytes("held"));
    await made.clock.advance(250);
    expect(made.network.last.request.headers["x-agentd-have"]).toBe(`${epoch}:1000`);
    made.network.last.open(exact(1_500));
    expect(made.recorder.of("live")[1]).toMatchObject({ verdict: "same", offset: 1_500, gap: 500 });
    expect(inputOf(made.network.last)).toBe("held");
    confirm(made.network.last, true, 500);
    expect(made.recorder.of("confirmed")).toEqual([]);
  });

  it("discards held input when another epoch answers", async () => {
    const have = () => ({ epoch: "0f0e0d0c-0000-4000-8000-00000000000f", offset: 10 });
    const made = make({ target: { kind: "local" }, known: true, have });
    made.upstream.send(bytes("held"));
    made.run();
    await settle();
    made.network.last.open(exact(0));
    expect(made.recorder.of("live")[0]).toMatchObject({ verdict: "new", heldDiscarded: 4 });
  });

  it("asks an endpoint of one's own for everything that is left of a shell from before this process", async () => {
    const target: UpstreamTarget = { ...agentcore, endpointUrl: "http://127.0.0.1:8123" };
    const { network } = await makeLive({ target, known: true });
    expect(network.last.request.headers["x-agentd-have"]).toBe("*:0");
    const fresh = await makeLive({ target });
    expect(fresh.network.last.request.headers["x-agentd-have"]).toBeUndefined();
  });

  it("is not mentioned to a server that has not shown to speak it", async () => {
    const made = await makeLive({ have: () => ({ epoch, offset: 5 }) });
    await reconnect(made);
    expect(made.network.last.request.headers["x-agentd-have"]).toBeUndefined();
    await reconnect(made, exact(5));
    await reconnect(made);
    expect(made.network.last.request.headers["x-agentd-have"]).toBe(`${epoch}:5`);
  });

  it("ends with a local shell that the runtime does not have any more", async () => {
    const made = await makeLive({ target: { kind: "local" } }, exact(0));
    made.network.last.closed(1006);
    await made.clock.advance(250);
    made.network.last.end({ kind: "refused", status: 404, headers: {}, body: "" });
    await settle();
    expect(made.state.ending).toMatchObject({ kind: "gone", error: { code: "shell_ended" } });
  });
});

describe("a connection that was given up", () => {
  it("is not listened to any more, and asks nothing", async () => {
    const { clock, network, recorder } = await makeLive();
    confirm(network.last, false);
    const [dead] = network.sockets;
    await clock.advance(12_000);
    expect([dead!.terminated, recorder.of("silent").length]).toEqual([true, 1]);
    await clock.advance(1_000);
    network.last.open();
    confirm(network.last, true);
    const { pings } = dead!;
    dead!.pong();
    for (let at = 0; at < 20_000; at += 2_000) {
      await clock.advance(2_000);
      network.last.pong();
    }
    expect([dead!.pings, recorder.of("silent").length]).toEqual([pings, 1]);
  });
});

describe("reading", () => {
  it("of a local shell is never taken for dead: its silence is a program that does not read", async () => {
    const { clock, network } = await makeLive({ target: { kind: "local" } });
    await clock.advance(HOUR);
    expect([network.sockets.length, network.last.pings, clock.pendingTimers]).toEqual([1, 0, 0]);
  });

  it("stops and goes on with the screen, across a reconnect, without looking dead", async () => {
    const made = await makeLive();
    made.upstream.pause();
    expect(made.network.last.paused).toBe(true);
    await made.clock.advance(60_000);
    expect(made.network.sockets.length).toBe(1);
    made.upstream.resume();
    expect(made.network.last.paused).toBe(false);
  });
});

describe("a new shell that shows itself late", () => {
  const long = (from: number) =>
    Array.from({ length: 400 }, (_, i) => `line ${from + i} of a new shell\r\n`).join("");

  it("does not print its output twice after the next reattach", async () => {
    const { clock, network, recorder } = await makeLive();
    confirm(network.last, false);
    network.last.message(Channel.Stdout, bytes("the old shell's output\r\n".repeat(300)));
    const second = await reconnect({ clock, network });
    // The first output comes before the confirmation: the published sources allow both orders.
    second.message(Channel.Stdout, bytes("welcome\r\n"));
    confirm(second, false);
    second.message(Channel.Stdout, bytes(long(0)));
    await clock.advance(1_000);
    const before = recorder.output.length;
    const third = await reconnect({ clock, network });
    confirm(third, true);
    // A server that repeats its last bytes: the whole stream of the new shell.
    third.message(Channel.Stdout, bytes(`welcome\r\n${long(0)}`));
    third.message(Channel.Stdout, bytes("and on\r\n"));
    await clock.advance(3_000);
    expect(recorder.output.slice(before)).toBe("and on\r\n");
  });

  it("is not said to have printed something twice", async () => {
    const { clock, network, recorder } = await makeLive();
    confirm(network.last, false);
    network.last.message(Channel.Stdout, bytes("$ ls\r\nREADME\r\n$ "));
    const second = await reconnect({ clock, network });
    second.message(Channel.Stdout, bytes("$ "));
    confirm(second, false);
    expect(recorder.of("replayed").map(({ ambiguous }) => ambiguous)).toEqual([false]);
    expect(recorder.output.endsWith("$ $ ")).toBe(true);
  });
});

describe("what is said of a return", () => {
  it("names what a link may have swallowed that was dead already when it was renewed", async () => {
    const { clock, network, recorder } = await makeLive();
    confirm(network.last, false);
    network.last.message(Channel.Stdout, bytes("$ "));
    // random 0.5: due at 53.5 minutes. Until five seconds before that the server answers.
    for (let at = 0; at < 53.5 * 60_000 - 6_000; at += 2_000) {
      await clock.advance(2_000);
      network.last.pong();
    }
    await clock.advance(6_100);
    expect(network.sockets[0]!.closedWith).toBe(1000);
    await clock.advance(1_100);
    expect(recorder.of("silent").filter(({ forMs }) => forMs === undefined)).toEqual([]);
    network.last.open();
    confirm(network.last, true);
    network.last.message(Channel.Stdout, bytes("after"));
    await clock.advance(400);
    expect(recorder.of("replayed").at(-1)!.missing).toBeDefined();
  });

  it("keeps typed bytes in doubt when the server closed by itself while the connection was renewed", async () => {
    const { clock, network, recorder, upstream } = await makeLive();
    confirm(network.last, false);
    for (let at = 0; at < 53.5 * 60_000 - 2_000; at += 2_000) {
      await clock.advance(2_000);
      network.last.pong();
    }
    await clock.advance(1_900);
    upstream.send(bytes("typed"));
    await clock.advance(200);
    expect(network.last.closedWith).toBe(1000);
    network.last.closed(1001);
    await clock.advance(100);
    expect(recorder.of("lost").at(-1)!.inDoubt).toBe(5);
  });

  it("names what may be missing when a reattach broke before its replay came", async () => {
    const { clock, network, recorder } = await makeLive();
    confirm(network.last, false);
    network.last.message(Channel.Stdout, bytes("$ "));
    await clock.advance(3_000);
    network.last.pong();
    network.last.closed(1000);
    await clock.advance(250);
    network.last.open();
    confirm(network.last, true);
    await clock.advance(100);
    network.last.closed(1006);
    await clock.advance(250);
    network.last.open();
    confirm(network.last, true);
    network.last.message(Channel.Stdout, bytes("after"));
    await clock.advance(1_000);
    expect(recorder.of("replayed").at(-1)!.missing).toBeDefined();
  });

  it("names what may be missing when the answer to an upgrade was lost, with the replay behind it", async () => {
    const { clock, network, recorder } = await makeLive();
    confirm(network.last, false);
    network.last.message(Channel.Stdout, bytes("$ "));
    await clock.advance(5_000);
    network.last.closed(1001);
    await clock.advance(1_000);
    network.last.end({ kind: "failed", code: "ECONNRESET", message: "reset" });
    await clock.advance(3_000);
    network.last.open();
    confirm(network.last, true);
    network.last.message(Channel.Stdout, bytes("after"));
    await clock.advance(1_000);
    expect(recorder.of("replayed").at(-1)!.missing).toBeDefined();
  });

  it("keeps typed bytes in doubt that were on their way when another client took the shell", async () => {
    const { clock, network, recorder, run, upstream } = await makeLive();
    confirm(network.last, false);
    upstream.send(bytes("rm -r x"));
    network.last.closed(4000);
    await settle();
    run();
    await clock.advance(100);
    network.last.open();
    confirm(network.last, true);
    await clock.advance(1_000);
    expect(recorder.of("lost").map(({ inDoubt }) => inDoubt)).toEqual([7]);
  });

  it("includes the return to a server without confirmations when nothing is held", async () => {
    const { clock, network, recorder } = await makeLive();
    network.last.message(Channel.Stdout, bytes("$ "));
    await clock.advance(3_000);
    for (const text of ["one", "two"]) {
      const socket = await reconnect({ clock, network });
      socket.message(Channel.Stdout, bytes(text));
      await clock.advance(4_000);
      socket.pong();
    }
    expect(recorder.of("confirmed").map(({ verdict }) => verdict)).toEqual(["unknown", "unknown"]);
  });
});

describe("a rest between two connections", () => {
  /** Lets go in order, and comes back `ms` later. */
  async function rest({ clock, network, stop, upstream }: ReturnType<typeof make>, ms: number) {
    stop.abort();
    network.last.closed(1000);
    await clock.advance(ms);
    void upstream.run(new AbortController().signal);
    await settle();
    network.last.open();
    confirm(network.last, true);
  }

  it("may miss output of, when more was printed than the server keeps", async () => {
    const made = await makeLive();
    const { clock, network, recorder } = made;
    confirm(network.last, false);
    network.last.message(Channel.Stdout, bytes("$ "));
    await clock.advance(3_000);
    await rest(made, HOUR);
    for (let part = 0; part < 8; part++)
      network.last.message(Channel.Stdout, new Uint8Array(32_768).fill(0x61 + part));
    await clock.advance(3_000);
    const { from = 0, to = 0 } = recorder.of("replayed").at(-1)?.missing ?? {};
    expect(to - from).toBeGreaterThanOrEqual(HOUR);
    expect(to - from).toBeLessThan(HOUR + 10_000);
  });

  it("misses nothing because of a connection long before it", async () => {
    const made = await makeLive();
    const { clock, network, recorder } = made;
    confirm(network.last, false);
    network.last.message(Channel.Stdout, bytes("$ "));
    await clock.advance(10_000);
    network.last.closed(1001);
    await clock.advance(2_000);
    network.last.open();
    confirm(network.last, true);
    network.last.message(Channel.Stdout, bytes("one"));
    for (let at = 0; at < 60_000; at += 2_000) {
      await clock.advance(2_000);
      network.last.pong();
    }
    expect(recorder.of("replayed").map(({ missing }) => missing)).toEqual([undefined]);
    await rest(made, HOUR);
    network.last.message(Channel.Stdout, bytes("two"));
    await clock.advance(3_000);
    expect(recorder.of("replayed").map(({ missing }) => missing)).toEqual([undefined, undefined]);
  });
});

describe("doubt whether it is the same shell", () => {
  it("is there when a gateway gave up waiting for the service's answer", async () => {
    const { clock, network, recorder, upstream } = await makeLive();
    confirm(network.last, false);
    network.last.closed(1006);
    await clock.advance(250);
    network.last.end({ kind: "refused", status: 504, headers: {}, body: "" });
    upstream.send(bytes("rm -r x"));
    await clock.advance(20_000);
    network.last.open();
    confirm(network.last, true);
    await clock.advance(2_000);
    expect(recorder.of("confirmed").at(-1)!.verdict).toBe("unknown");
    expect(inputOf(network.last)).toBe("");
  });
});

describe("a server that cannot be trusted", () => {
  it("is still asked for a confirmation after a link that died right behind the 101", async () => {
    const { clock, network, recorder, upstream } = await makeLive();
    confirm(network.last, false);
    await clock.advance(5_000);
    network.last.pong();
    const dead = await reconnect({ clock, network });
    await clock.advance(13_000);
    expect(dead.terminated).toBe(true);
    upstream.send(bytes("ls\r"));
    network.last.open();
    network.last.message(Channel.Stdout, bytes("fresh output before the confirmation"));
    await clock.advance(300);
    confirm(network.last, true);
    expect(recorder.of("confirmed").at(-1)!.heldDiscarded).toBeUndefined();
    expect(inputOf(network.last)).toBe("ls\r");
  });

  it("may stop counting its output: what cannot be compared may be there twice", async () => {
    const target = { ...agentcore, endpointUrl: "http://127.0.0.1:9" };
    const exact = { "x-agentd-epoch": "0d9c1bb6-6f64-4f4e-9d6c-1d1f6c3f6a11", "x-agentd-offset": "0" };
    const { clock, network, recorder } = await makeLive({ target }, exact);
    network.last.message(Channel.Stdout, bytes("counted"));
    await clock.advance(1_000);
    const socket = await reconnect({ clock, network });
    confirm(socket, true);
    socket.message(Channel.Stdout, bytes("counted and more"));
    await clock.advance(1_000);
    expect(recorder.of("replayed").map(({ ambiguous }) => ambiguous)).toEqual([true]);
  });

  it("may repeat its confirmation with a rising count: what a new shell printed is known all the same", async () => {
    const { clock, network, recorder } = await makeLive();
    confirm(network.last, false);
    const second = await reconnect({ clock, network });
    confirm(second, false);
    second.message(Channel.Stdout, bytes("x".repeat(100)));
    for (let dropped = 1; dropped <= 1_000; dropped++) confirm(second, false, dropped);
    second.message(Channel.Stdout, bytes("the end\r\n".repeat(20)));
    await clock.advance(1_000);
    const before = recorder.output.length;
    const third = await reconnect({ clock, network });
    confirm(third, true);
    third.message(Channel.Stdout, bytes("x".repeat(100) + "the end\r\n".repeat(20)));
    await clock.advance(3_000);
    const twice = recorder.output.slice(before) !== "";
    expect(twice && !recorder.of("replayed").at(-1)!.ambiguous).toBe(false);
  });
});

describe("waking up", () => {
  it("does not wait minutes for an upgrade that was under way before the sleep", async () => {
    const { clock, network, run, upstream } = make({ known: true });
    run();
    await clock.advance(1_000);
    upstream.wake();
    await clock.advance(20_000);
    expect(network.sockets.length).toBeGreaterThan(1);
  });
});

describe("credentials that never come", () => {
  it("are given up after a while, and asked for again", async () => {
    const { clock, recorder, run, world } = make({ known: true });
    world.signHangs = true;
    run();
    await clock.advance(61_000);
    expect(recorder.of("needs-credentials").length).toBe(1);
    world.signHangs = false;
    await clock.advance(45_000);
    expect(recorder.of("connecting").length).toBe(2);
  });
});
