// Every setting of the local runtime: the points on which the real service is undocumented or its sources disagree.
import { AgentdError } from "../../shared/errors.js";
import { suggestName } from "../../shared/names.js";
import {
  choice,
  choices,
  closeCode,
  closeReason,
  count,
  countOrOff,
  flag,
  type Knob,
  record,
  text,
  time,
  timeOrOff,
} from "./knob.js";

/** Q1..Q36 are the open questions of the service that each knob answers; the initial values are the likeliest answers. */
const table = {
  /** Q1: when the confirmation STATUS is sent. `also-post-drain`: before the replay and once more after it. */
  confirmation: choice(["before-replay", "after-first-output", "also-post-drain", "never"], "before-replay"),
  /** Q2: pause between confirmation and first output; a published client drops output that comes with it. */
  firstOutputDelayMs: time(20),
  /** Q3: what a reattach replays: output since the detach, or the last bytes whether they were delivered or not. */
  replayModel: choice(["since-detach", "last-bytes"], "since-detach"),
  /** Q4: capacity of each shell's replay ring. */
  replayBytes: count(256 * 1024, 1),
  /** Q5: payload bytes of one replay frame. */
  replayChunkBytes: count(32 * 1024, 1),
  /** Q5: cut the replay at random places instead, also inside characters. The same seed gives the same cuts. */
  replayChunkSeed: countOrOff(null, 0),
  /** Q6: what `bytesDropped` counts. */
  bytesDropped: choice(["per-disconnect", "cumulative", "absent"], "per-disconnect"),
  /** Q7: what a connection that replaces another one gets replayed. */
  replayOnReplace: choice(["none", "last-bytes"], "none"),
  /** Q8: longest message from a client. */
  maxMessageBytes: count(64 * 1024, 1),
  /** Q8: whether the channel byte counts towards it. */
  channelByteCounts: flag(true),
  /** Q9: frames per connection and window; null: no limit. */
  frameRateLimit: countOrOff(250),
  frameRateWindowMs: time(1000, 1),
  frameRateDirection: choice(["from-client", "both"], "from-client"),
  frameRateCountsPings: flag(false),
  /** Q10: age at which a connection is closed with 1008. */
  connectionTtlMs: timeOrOff(60 * 60_000),
  /** Q10: whether a CLOSE frame precedes that. */
  ttlSendsClose: flag(false),
  /** Q11: unsent output of one connection at which it counts as a slow reader. */
  writeBufferBytes: count(4 * 1024 * 1024, 1),
  /** Q11: what then happens: close it with 1008, or stop reading the terminal until it has caught up. */
  slowReader: choice(["close", "wait"], "close"),
  /** Q12: silence (no message, ping or pong either way) after which a connection is closed, and how; 1006: without a close frame. */
  idleCloseMs: timeOrOff(null),
  idleCloseCode: choice([1006, 1001, 1011], 1006),
  /** Q13: shells that may be open at once; null: any number. */
  shellLimit: countOrOff(10),
  shellLimitScope: choice(["session", "runtime"], "session"),
  /** Q13: whether detached shells count towards it. */
  countDetached: flag(true),
  /** Q13: shells kept in all, attached and detached; null: any number. */
  retainMax: countOrOff(20),
  /** Q13: at that number, end the shell that was detached first instead of refusing. */
  evictDetached: flag(false),
  /** Q14: status and error text of the refusal. */
  limitStatus: choice([424, 429, 402], 424),
  limitError: text("ShellLimitExceeded"),
  /** Q15: answer to a malformed shell id, and whether a leading `-` or `_` is one. */
  badShellIdStatus: choice([424, 400], 424),
  shellIdPattern: choice(["loose", "strict"], "loose"),
  /** Q16: life of a session: idle time after which it ends, and its greatest age. */
  sessionIdleMs: timeOrOff(900_000),
  sessionLifetimeMs: timeOrOff(28_800_000),
  /** Q16: what counts as activity besides API calls. */
  idleResetBy: choices(["frames", "pings", "attached", "output", "children"], ["frames", "pings"]),
  /** Q17: what connections see when their session ends. */
  sessionEnd: choice(["close-frame-then-1001", "1001", "1011", "abrupt"], "close-frame-then-1001"),
  /** Q18: a client's CLOSE frame: echo it, send a termination STATUS, hang up, kill after the delay, close with the code. */
  killEcho: flag(true),
  killStatus: flag(false),
  killDelayMs: time(5000),
  killCloseCode: closeCode(1000),
  /** Q34: `ignore`: a CLOSE frame does nothing. */
  clientClose: choice(["kill", "ignore"], "kill"),
  /** Q19: close code after an exit, and the pause after the STATUS. */
  exitCloseCode: closeCode(1000),
  exitCloseDelayMs: time(50),
  /** Q20: who closes after an exit. */
  exitClosedBy: choice(["server", "client"], "server"),
  /** Q21: close reason texts; "" sends none. */
  replacedReason: closeReason("replaced by new connection"),
  ttlReason: closeReason("connection duration exceeded"),
  frameRateReason: closeReason("frame rate exceeded"),
  slowReaderReason: closeReason("write buffer exceeded"),
  /** Q22: select `v1.command.agentcore.aws.dev` when it is offered. The bearer subprotocol is always selected. */
  subprotocolEcho: flag(true),
  /** Q23: negotiate permessage-deflate. */
  perMessageDeflate: flag(false),
  /** Q24: WebSocket pings from the server. */
  serverPingMs: timeOrOff(null),
  /** Q25: answer to a RESIZE that is malformed or outside 1..1000. */
  badResize: choice(["ignore", "clamp", "close"], "ignore"),
  /** Q26: answer to an empty message or one on a channel that clients do not send on. */
  unknownFrame: choice(["ignore", "1003", "1011"], "ignore"),
  /** Q27: what a HEARTBEAT is answered with. */
  heartbeatEcho: choice(["payload", "empty", "none"], "payload"),
  /** Q28: how long a new session is being provisioned, and an ended one torn down: 409 for everyone else. */
  provisioningMs: time(0),
  teardownMs: time(0),
  /** Q28: what a second claim of one shell id gets while the first is in progress. */
  claimRace: choice(["conflict", "wait"], "conflict"),
  /** Q29: delay before the 101 of a new shell, and between any 101 and its STATUS. */
  coldStartMs: time(0),
  confirmationDelayMs: time(0),
  /** Q29: fail every shell: close 1011 before the confirmation, the same after an InternalError STATUS, or that STATUS after the confirmation. */
  initFailure: choice(["none", "close", "status", "status-after-confirmation"], "none"),
  /** Q30: longest validity of a presigned URL, and tolerated difference of clocks. */
  presignMaxSeconds: count(300, 1),
  clockSkewSeconds: count(300),
  /** Q31: session id in header and query, and different. */
  sessionIdConflict: choice(["header", "reject"], "header"),
  /** Q32: how a shell starts. An empty `cwd` is the session's own directory. */
  initialCols: count(80, 1),
  initialRows: count(24, 1),
  term: text("xterm-256color"),
  cwd: text(""),
  env: record({}),
  /** Text messages in a row at which a connection is closed with 1003, and (Q33) whether a binary one ends the row. */
  textFrameLimit: count(5, 1),
  binaryResetsTextCount: flag(true),
  /** Q35: connecting to the id of a shell that ended: a fresh shell, or 424. */
  endedShellId: choice(["fresh", "error"], "fresh"),
  /** Q36: input before the shell's first output. */
  earlyInput: choice(["keep", "drop"], "keep"),
  /** Ours, not the service's: count the output and say so in x-agentd-* headers; false: like the service, knows none of them. */
  exactMode: flag(true),
  /** One-shot commands: greatest output. */
  commandOutputBytes: count(100 * 1024 * 1024, 1),
};

export type Knobs = { readonly [K in keyof typeof table]: (typeof table)[K]["initial"] };

/** The likeliest behaviour of the real service. */
export const defaultKnobs: Knobs = Object.fromEntries(
  Object.entries(table).map(([name, knob]) => [name, knob.initial]),
) as unknown as Knobs;

/** Named deviations, by which the sources differ as a group. */
const profiles = {
  agentcore: {},
  /** The harness page of the developer guide. */
  harness: {
    limitStatus: 429,
    countDetached: false,
    evictDetached: true,
    badShellIdStatus: 400,
    shellIdPattern: "strict",
  },
  /** What the client pull requests of August 2026 expect: no confirmation, CLOSE without meaning. */
  "generation-b": { confirmation: "never", clientClose: "ignore", bytesDropped: "absent" },
  /** Allowed and unkind: everything a client must cope with. */
  hostile: {
    confirmation: "also-post-drain",
    firstOutputDelayMs: 0,
    replayModel: "last-bytes",
    replayChunkSeed: 1,
    ttlSendsClose: true,
    sessionEnd: "abrupt",
  },
} satisfies Record<string, Partial<{ [K in keyof Knobs]: Knobs[K] | number | string | boolean }>>;

/** What the daemon gets on its Unix socket: the protocol without the service's quotas. */
export const daemonKnobs: Knobs = {
  ...defaultKnobs,
  firstOutputDelayMs: 0,
  replayBytes: 1024 * 1024,
  replayChunkBytes: 65_535,
  frameRateLimit: null,
  connectionTtlMs: null,
  writeBufferBytes: 1024 * 1024,
  slowReader: "wait",
  shellLimit: null,
  retainMax: null,
  sessionIdleMs: null,
  sessionLifetimeMs: null,
  killStatus: true,
  exitCloseDelayMs: 0,
};

/**
 * The knobs in a JSON object, over the named `profile` (default `agentcore`).
 * @throws AgentdError `bad_config` for an unknown name or a bad value; the message names it.
 */
export function parseKnobs(values: Readonly<Record<string, unknown>>, profile = "agentcore"): Knobs {
  if (!Object.hasOwn(profiles, profile)) {
    const known = Object.keys(profiles).join(", ");
    throw new AgentdError("bad_config", `unknown profile · use one of ${known}`);
  }
  const knobs: Record<string, unknown> = { ...defaultKnobs, ...profiles[profile as keyof typeof profiles] };
  const byName: Readonly<Record<string, Knob<unknown>>> = table;
  for (const [name, value] of Object.entries(values)) {
    const knob = Object.hasOwn(byName, name) ? byName[name] : undefined;
    if (knob === undefined) {
      const near = suggestName(name, Object.keys(table));
      const hint = near === undefined ? "" : ` · did you mean '${near}'?`;
      throw new AgentdError("bad_config", `unknown setting '${name.slice(0, 60)}'${hint}`);
    }
    knobs[name] = knob.parse(value, name);
  }
  return knobs as unknown as Knobs;
}
