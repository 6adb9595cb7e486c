// The contract of the link, one row per close code, HTTP status, error body and network failure of the protocol reference:
// what state the shell is in, what is said, how many attempts there are in ten minutes, and how they are spaced.
import { describe, expect, it } from "vitest";
import { Shell } from "../../../../daemon/shell/shell.js";
import type { SocketEnd } from "../../../../daemon/upstream/socket.js";
import { Upstream } from "../../../../daemon/upstream/upstream.js";
import { Channel } from "../../../../shared/channel.js";
import type { ShellState } from "../../../../shared/rpc.js";
import { encodeTermination, type ShellExit } from "../../../../shared/status.js";
import { eventLoopSlicer } from "../../../support/event-loop-slicer.js";
import { ScriptedNetwork, type ScriptedSocket } from "../../../support/scripted-network.js";
import { LOCAL_RECORD } from "../../../support/shell-rig.js";
import { settle, VirtualClock } from "../../../support/virtual-clock.js";

const arn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/x";
const MINUTE = 60_000;

/** A live shell on AgentCore: the real hub over the real upstream, on a scripted network. */
class CloudShell {
  readonly clock = new VirtualClock();
  readonly network = new ScriptedNetwork();
  readonly shell: Shell;
  /** Monotonic milliseconds of every attempt after the first. */
  readonly attempts: number[] = [];
  #lostAt = 0;

  constructor(known = false) {
    const target = { kind: "agentcore", region: "us-west-2", runtimeArn: arn } as const;
    this.shell = new Shell(
      { ...LOCAL_RECORD, target, known },
      {
        clock: this.clock,
        slicer: eventLoopSlicer(),
        scrollback: 100,
        neighbours: () => ["build"],
        onChange: () => {},
        onRecord: () => {},
        createUpstream: ({ record, size, have, handlers }) =>
          new Upstream({
            target: record.target,
            ids: record,
            size,
            have,
            known: record.known,
            handlers,
            deps: {
              clock: this.clock,
              random: () => 0.5,
              openSocket: this.network.openSocket,
              sign: async ({ headers }) => headers,
              localSocketPath: "",
              log: { debug() {}, info() {}, warn() {} },
            },
          }),
      },
    );
  }

  async goLive(ageMs: number): Promise<this> {
    this.shell.start();
    await settle();
    this.network.last.open();
    // Pongs, or it would be taken for dead.
    for (let age = 0; age < ageMs; age += MINUTE / 12) {
      await this.clock.advance(Math.min(MINUTE / 12, ageMs - age));
      this.network.last.pong();
    }
    return this;
  }

  /** Meets the present connection with `fault`, and every later attempt with `later`; then ten minutes pass. */
  async meet(
    fault: (socket: ScriptedSocket) => void,
    later: (socket: ScriptedSocket, clock: VirtualClock) => void,
  ): Promise<void> {
    this.#lostAt = this.clock.monotonic();
    fault(this.network.last);
    await settle();
    let seen = this.network.sockets.length;
    const until = this.#lostAt + 10 * MINUTE;
    while (this.clock.monotonic() < until) {
      await this.clock.advance(50);
      for (; seen < this.network.sockets.length; seen++) {
        this.attempts.push(this.clock.monotonic() - this.#lostAt);
        later(this.network.sockets[seen]!, this.clock);
        await settle();
      }
      if (seen > 0 && this.shell.state.kind === "live") this.network.last.pong();
    }
  }

  /** Seconds between the loss and the attempts after it, rounded to tenths. */
  get spacing(): number[] {
    return this.attempts
      .slice(0, 6)
      .map((at, index) => Math.round((at - (this.attempts[index - 1] ?? 0)) / 100) / 10);
  }
}

const close =
  (code: number, reason = "") =>
  (socket: ScriptedSocket) =>
    socket.closed(code, reason);
const closeFrameThen = (code: number) => (socket: ScriptedSocket) => {
  socket.message(Channel.Close);
  socket.closed(code);
};
const exit =
  (how: ShellExit, code = 1000) =>
  (socket: ScriptedSocket) => {
    socket.message(Channel.Status, encodeTermination(how));
    socket.closed(code);
  };
const end = (how: SocketEnd) => (socket: ScriptedSocket) => socket.end(how);
const refuse = (status: number, type = "", body: unknown = "", headers = {}) =>
  end({
    kind: "refused",
    status,
    headers: { ...(type === "" ? {} : { "x-amzn-errortype": type }), ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const fail = (code: string) => end({ kind: "failed", code, message: `${code} happened` });

/** Opens again, and is the same shell. */
const recover = (socket: ScriptedSocket) => {
  socket.open();
  socket.pong();
};

type CloseRow = readonly [
  what: string,
  fault: (socket: ScriptedSocket) => void,
  ageMs: number,
  state: ShellState,
  reason: string | undefined,
  /** Seconds until the next attempt, or none. */
  spacing: readonly number[],
];

describe("a connection that ends", () => {
  const [young, old] = [2 * MINUTE, 49.9 * MINUTE];
  // The planned renewal would come before the last minute of a real hour: rows near the limit set the clock to 60 minutes at once.
  const nearLimit = 59.5 * MINUTE;
  it.each<CloseRow>([
    ["1000 early is asked about at once", close(1000), young, "live", undefined, [0.1]],
    ["1000 near the hour", close(1000), nearLimit, "live", undefined, [0.1]],
    ["1000 after CLOSE", closeFrameThen(1000), young, "live", undefined, [1]],
    ["1001 deploy", close(1001, "deploy"), young, "live", undefined, [1]],
    ["1001 after CLOSE", closeFrameThen(1001), old, "live", undefined, [1]],
    ["1002", close(1002), young, "live", undefined, [0.1]],
    [
      "1003 is our bug, and no loop",
      close(1003),
      young,
      "gone",
      "the service refused our frames (1003) · please report this",
      [],
    ],
    ["1005", close(1005), young, "live", undefined, [0.1]],
    ["1006, no close frame", close(1006), young, "live", undefined, [0.1]],
    ["1006 near the hour", close(1006), nearLimit, "live", undefined, [0.1]],
    ["1008 near the hour", close(1008), nearLimit, "live", undefined, [0.1]],
    ["1008 after CLOSE near the hour", closeFrameThen(1008), nearLimit, "live", undefined, [0.1]],
    ["1008 early: too fast, or too slow a reader", close(1008, "frame rate"), young, "live", undefined, [1]],
    ["1009", close(1009), young, "live", undefined, [0.1]],
    ["1011", close(1011), young, "live", undefined, [1]],
    ["1012", close(1012), young, "live", undefined, [1]],
    ["1013", close(1013), young, "live", undefined, [1]],
    ["1014", close(1014), young, "live", undefined, [1]],
    ["4000 is never fought over", close(4000), young, "taken", undefined, []],
    ["4000 near the hour", close(4000), nearLimit, "taken", undefined, []],
    ["4001, which nobody documents", close(4001), young, "live", undefined, [0.1]],
    ["STATUS Success", exit({ kind: "code", exitCode: 0 }), young, "ended", undefined, []],
    [
      "STATUS exit 42, then a broken connection",
      exit({ kind: "code", exitCode: 42 }, 1006),
      young,
      "ended",
      undefined,
      [],
    ],
    ["STATUS signal 9", exit({ kind: "signal", signal: 9, exitCode: 137 }), young, "ended", undefined, []],
    [
      "STATUS InternalError: unknown, never 0",
      exit({ kind: "unknown", message: "oops" }),
      young,
      "ended",
      "oops",
      [],
    ],
  ])("%s", async (_what, fault, ageMs, state, reason, spacing) => {
    const cloud = await new CloudShell().goLive(Math.min(ageMs, young));
    // Ages the connection without its renewal: as if the process had been stopped.
    if (ageMs > young) cloud.clock.freeze(ageMs - young);
    await cloud.meet(fault, recover);
    expect({
      state: cloud.shell.info().state,
      reason: cloud.shell.info().reason,
      spacing: cloud.spacing,
    }).toEqual({
      state,
      reason,
      spacing,
    });
    if (state === "ended") expect(cloud.shell.info().exitCode).not.toBe(reason === undefined ? undefined : 0);
  });
});

type RefusalRow = readonly [
  what: string,
  fault: (socket: ScriptedSocket, clock: VirtualClock) => void,
  state: ShellState,
  reason: string | undefined,
  /** Seconds between attempts while it lasts: the first six. */
  spacing: readonly number[],
  /** In ten minutes. */
  attempts: number,
];

const backoff = [0.1, 1, 2, 4, 8, 15] as const;
const later = [0.1, 1, 2, 4, 8, 15] as const;
const seldom = [0.1, 30, 30, 30, 30, 30] as const;
const brief = [0.1, 1, 1, 1, 1, 1] as const;
/** The service's clock goes nine minutes before ours. */
const skewed = (socket: ScriptedSocket, clock: VirtualClock) =>
  refuse(403, "InvalidSignatureException", "", { date: new Date(clock.now() + 9 * MINUTE).toUTCString() })(
    socket,
  );

describe("a reconnect that gets no shell", () => {
  it.each<RefusalRow>([
    [
      "400 bad shell id",
      refuse(400, "ValidationException", { message: "bad" }),
      "gone",
      "the service rejected the shell (400) · bad",
      [0.1],
      1,
    ],
    [
      "400 while the agent is updated",
      refuse(400, "ValidationException", { message: "agent not READY" }),
      "reconnecting",
      "the runtime is not ready · agent not READY",
      backoff,
      43,
    ],
    [
      "401",
      refuse(401, "UnauthorizedException"),
      "needs-credentials",
      "the service did not accept the credentials",
      seldom,
      20,
    ],
    [
      "402 quota",
      refuse(402, "ServiceQuotaExceededException"),
      "capacity",
      "the service's quota is used up (402) · agentd holds build · agentd kill one of them",
      seldom,
      20,
    ],
    [
      "403 missing permission names the action",
      refuse(403, "AccessDeniedException"),
      "needs-credentials",
      `access denied · it needs bedrock-agentcore:InvokeAgentRuntimeCommandShell on ${arn}`,
      seldom,
      20,
    ],
    [
      "403 expired token",
      refuse(403, "ExpiredTokenException", { message: "expired" }),
      "needs-credentials",
      "the service did not accept the credentials · expired",
      seldom,
      20,
    ],
    [
      "403 signature, clock right",
      refuse(403, "InvalidSignatureException"),
      "needs-credentials",
      "the service did not accept the signature",
      seldom,
      20,
    ],
    [
      "403 signature, clock 9 min slow: corrected once",
      skewed,
      "needs-credentials",
      undefined,
      [0.1, 0.1, 30, 30, 30, 30],
      21,
    ],
    ["404", refuse(404, "ResourceNotFoundException"), "gone", `no runtime ${arn}`, [0.1], 1],
    [
      "409 conflict",
      refuse(409, "ConflictException"),
      "reconnecting",
      "the runtime is busy with this session",
      brief,
      59,
    ],
    [
      "409 provisioning",
      refuse(409, "RetryableConflictException", { message: "Session operation in progress, please retry" }),
      "reconnecting",
      "the runtime is busy with this session · Session operation in progress, please retry",
      brief,
      59,
    ],
    [
      "424 ten shells",
      refuse(424, "RuntimeClientError", { error: "ShellLimitExceeded" }),
      "capacity",
      "all shells of this runtime are in use · ShellLimitExceeded · agentd holds build · agentd kill one of them",
      seldom,
      20,
    ],
    [
      "424 bad shell id",
      refuse(424, "RuntimeClientError", { error: "InvalidShellId" }),
      "gone",
      "the service rejected the shell's id · InvalidShellId",
      [0.1],
      1,
    ],
    [
      "424 unreachable",
      refuse(424, "RuntimeClientError", { error: "unreachable" }),
      "reconnecting",
      "the runtime could not be reached (424) · unreachable",
      backoff,
      43,
    ],
    [
      "424 without a body",
      refuse(424),
      "reconnecting",
      "the runtime could not be reached (424)",
      backoff,
      43,
    ],
    [
      "429 ten shells",
      refuse(429, "ServiceQuotaExceededException"),
      "capacity",
      "all shells of this runtime are in use · agentd holds build · agentd kill one of them",
      seldom,
      20,
    ],
    [
      "429 throttled",
      refuse(429, "ThrottlingException", { message: "Rate exceeded" }),
      "reconnecting",
      "the service asks to slow down (429) · Rate exceeded",
      later,
      43,
    ],
    ["500", refuse(500, "InternalServerException"), "reconnecting", "the service failed (500)", later, 43],
    ["503", refuse(503), "reconnecting", "the service failed (503)", later, 43],
    [
      "200, a captive portal",
      refuse(200, "", "<html>log in"),
      "reconnecting",
      "something between here and the service answered instead (200)",
      backoff,
      43,
    ],
    [
      "302, a proxy",
      refuse(302),
      "reconnecting",
      "something between here and the service answered instead (302)",
      backoff,
      43,
    ],
    [
      "no DNS",
      fail("EAI_AGAIN"),
      "reconnecting",
      "cannot reach bedrock-agentcore.us-west-2.amazonaws.com · its name cannot be looked up",
      backoff,
      43,
    ],
    [
      "connection refused",
      fail("ECONNREFUSED"),
      "reconnecting",
      "cannot reach bedrock-agentcore.us-west-2.amazonaws.com · the connection was refused",
      backoff,
      43,
    ],
    [
      "a certificate that is not trusted",
      fail("SELF_SIGNED_CERT_IN_CHAIN"),
      "reconnecting",
      "the certificate of bedrock-agentcore.us-west-2.amazonaws.com is not trusted (SELF_SIGNED_CERT_IN_CHAIN) · a proxy? agentd doctor says how to trust it",
      backoff,
      43,
    ],
  ])("%s", async (_what, fault, state, reason, spacing, attempts) => {
    const cloud = await new CloudShell().goLive(2 * MINUTE);
    await cloud.meet(close(1006), fault);
    const info = cloud.shell.info();
    expect({
      state: info.state,
      reason: reason === undefined ? undefined : info.reason,
      spacing: cloud.spacing,
    }).toEqual({
      state,
      reason,
      spacing,
    });
    expect(
      Math.abs(cloud.attempts.length - attempts),
      `${cloud.attempts.length} attempts`,
    ).toBeLessThanOrEqual(attempts / 10);
  });
});

describe("a first connect that gets no shell", () => {
  it.each<readonly [string, (socket: ScriptedSocket) => void, string, number]>([
    ["403", refuse(403, "AccessDeniedException"), "access_denied", 1],
    ["404", refuse(404, "ResourceNotFoundException"), "runtime_not_found", 1],
    ["424 ten shells", refuse(424, "RuntimeClientError", { error: "ShellLimitExceeded" }), "capacity", 1],
    ["no DNS", fail("ENOTFOUND"), "unreachable", 1],
    ["a self-signed certificate", fail("DEPTH_ZERO_SELF_SIGNED_CERT"), "untrusted_certificate", 1],
    ["500, for a minute", refuse(500), "upstream_failed", 8],
    [
      "1003",
      (socket) => {
        socket.open();
        socket.closed(1003);
      },
      "upstream_failed",
      1,
    ],
  ])("%s is given up with its reason", async (_what, fault, code, attempts) => {
    const cloud = new CloudShell();
    cloud.shell.start();
    await settle();
    await cloud.meet(fault, fault);
    expect(cloud.shell.state.kind).toBe("gone");
    expect(cloud.shell.lastError?.code).toBe(code);
    expect(cloud.attempts.length + 1).toBe(attempts);
  });
});
