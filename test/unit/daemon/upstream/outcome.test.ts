import { describe, expect, it } from "vitest";
import {
  type ConnectionClosed,
  type ConnectionEnd,
  delayOf,
  type OutcomeContext,
  outcomeOf,
} from "../../../../daemon/upstream/outcome.js";
import { AgentdError } from "../../../../shared/errors.js";

const arn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/x";
const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const context: OutcomeContext = {
  target: { kind: "agentcore", runtimeArn: arn, region: "us-west-2" },
  known: true,
  attempt: 1,
  sinceLossMs: 0,
  learning: false,
  connectionTtlMs: 60 * 60_000,
  signedOffsetMs: 0,
  nowMs: now,
};
const HOUR = 3_600_000;

/** An outcome in a few words: `retry PACE [learn] [cure]`, `wait WHAT`, or `end KIND [CODE]`. */
function words(end: ConnectionEnd, over: Partial<OutcomeContext> = {}): string {
  const outcome = outcomeOf(end, { ...context, ...over });
  switch (outcome.kind) {
    case "retry": {
      const { pace, learn, cure, clockOffsetMs } = outcome;
      return ["retry", pace, learn && "learn", cure, clockOffsetMs && `clock ${clockOffsetMs}`]
        .filter(Boolean)
        .join(" ");
    }
    case "wait":
      return `wait ${outcome.for} ${outcome.error.code}`;
    case "end": {
      const { ending } = outcome;
      if (ending.kind === "gone") return `end gone ${ending.error.code}`;
      if (ending.kind === "exited")
        return `end exited ${"exitCode" in ending.exit ? ending.exit.exitCode : "unknown"}`;
      return `end ${ending.kind}`;
    }
  }
}

function messageOf(end: ConnectionEnd, over: Partial<OutcomeContext> = {}): string {
  const outcome = outcomeOf(end, { ...context, ...over });
  if (outcome.kind === "retry") return outcome.reason;
  if (outcome.kind === "wait") return outcome.error.message;
  return outcome.ending.kind === "gone" ? outcome.ending.error.message : "";
}

const closed = (code: number, over: Partial<ConnectionClosed> = {}): ConnectionClosed => ({
  kind: "closed",
  code,
  reason: "",
  ageMs: 5_000,
  closeFrame: false,
  killed: false,
  started: true,
  ...over,
});

describe("a connection that was open", () => {
  const internal = { kind: "unknown", message: "oops" } as const;
  it.each<[string, ConnectionClosed, string]>([
    ["1000 early: attach once more to learn", closed(1000), "retry now learn"],
    ["1000 near the hour", closed(1000, { ageMs: HOUR - 30_000 }), "retry now"],
    ["1000 after the server's CLOSE", closed(1000, { closeFrame: true }), "retry spread"],
    ["1001", closed(1001), "retry spread"],
    ["1001 after the server's CLOSE", closed(1001, { closeFrame: true }), "retry spread"],
    ["1002", closed(1002), "retry backoff"],
    ["1003", closed(1003), "end gone upstream_failed"],
    ["1005", closed(1005), "retry backoff"],
    ["1006", closed(1006), "retry backoff"],
    ["1006 near the hour", closed(1006, { ageMs: HOUR - 1 }), "retry now"],
    ["1008 near the hour", closed(1008, { ageMs: HOUR }), "retry now"],
    [
      "1008 near the hour after the server's CLOSE",
      closed(1008, { ageMs: HOUR, closeFrame: true }),
      "retry now",
    ],
    ["1008 early", closed(1008), "retry later slower"],
    ["1008 just before the last minute", closed(1008, { ageMs: 59 * 60_000 - 1 }), "retry later slower"],
    ["1009", closed(1009), "retry backoff shorter"],
    ["1011", closed(1011), "retry later"],
    ["1012", closed(1012), "retry later"],
    ["1013", closed(1013), "retry later"],
    ["1014", closed(1014), "retry later"],
    ["4000", closed(4000), "end taken"],
    ["4000 near the hour", closed(4000, { ageMs: HOUR }), "end taken"],
    ["a code nobody documents", closed(4001), "retry backoff"],
    ["exit 0, 1000", closed(1000, { exit: { kind: "code", exitCode: 0 } }), "end exited 0"],
    ["exit 42, 1006", closed(1006, { exit: { kind: "code", exitCode: 42 } }), "end exited 42"],
    ["exit 7, 4000", closed(4000, { exit: { kind: "code", exitCode: 7 } }), "end exited 7"],
    [
      "a signal, 1008",
      closed(1008, { exit: { kind: "signal", signal: 9, exitCode: 137 } }),
      "end exited 137",
    ],
    ["InternalError, 1000: unknown, never 0", closed(1000, { exit: internal }), "end exited unknown"],
    ["InternalError, 1011 after output", closed(1011, { exit: internal }), "end exited unknown"],
    [
      "InternalError, 1011 before anything: not started",
      closed(1011, { exit: internal, started: false }),
      "retry later",
    ],
    ["killed and answered", closed(1000, { killed: true, closeFrame: true }), "end exited unknown"],
    ["killed, 1000 without an echo", closed(1000, { killed: true }), "end exited unknown"],
    ["killed, but the connection broke first", closed(1006, { killed: true }), "retry backoff"],
    [
      "killed with a status",
      closed(1000, { killed: true, exit: { kind: "signal", signal: 1, exitCode: 129 } }),
      "end exited 129",
    ],
  ])("%s", (_case, end, expected) => {
    expect(words(end)).toBe(expected);
    expect(words(end, { known: false })).toBe(expected);
  });

  it("learns at most once: a second 1000 in a row is the shell's end", () => {
    expect(words(closed(1000), { learning: true })).toBe("end exited unknown");
  });

  it("learns again when the connection that was made to learn lived on, and so showed that the shell is there", () => {
    expect(words(closed(1000, { ageMs: 60_000 }), { learning: true })).toBe("retry now learn");
  });

  it("says the reason of a close, made printable", () => {
    expect(messageOf(closed(1001, { reason: "deploy\u001b[31m" }))).toBe(
      "the service is going away · deploy^[[31m",
    );
  });
});

const refused = (status: number, type = "", body = "", date?: string): ConnectionEnd => ({
  kind: "refused",
  status,
  headers: { ...(type === "" ? {} : { "x-amzn-errortype": type }), ...(date === undefined ? {} : { date }) },
  body,
});
const json = (fields: Record<string, unknown>) => JSON.stringify(fields);

describe("an upgrade that was refused", () => {
  it.each<[string, ConnectionEnd, string, string]>([
    // case, end, with a shell at stake, for the first connect
    [
      "400",
      refused(400, "ValidationException", json({ message: "bad" })),
      "end gone rejected",
      "end gone rejected",
    ],
    [
      "400 not READY",
      refused(400, "ValidationException", json({ message: "agent is not READY" })),
      "retry backoff",
      "end gone rejected",
    ],
    [
      "400 with an expired token",
      refused(400, "ExpiredTokenException"),
      "wait credentials no_credentials",
      "end gone no_credentials",
    ],
    [
      "401",
      refused(401, "UnauthorizedException"),
      "wait credentials no_credentials",
      "end gone no_credentials",
    ],
    ["402", refused(402, "ServiceQuotaExceededException"), "wait capacity capacity", "end gone capacity"],
    [
      "403",
      refused(403, "AccessDeniedException"),
      "wait credentials access_denied",
      "end gone access_denied",
    ],
    [
      "403 expired, by type",
      refused(403, "ExpiredTokenException:http://x/"),
      "wait credentials no_credentials",
      "end gone no_credentials",
    ],
    [
      "403 expired, by text",
      refused(
        403,
        "AccessDeniedException",
        json({ message: "The security token included in the request is expired" }),
      ),
      "wait credentials no_credentials",
      "end gone no_credentials",
    ],
    [
      "403 unknown key",
      refused(403, "UnrecognizedClientException"),
      "wait credentials no_credentials",
      "end gone no_credentials",
    ],
    [
      "403 signature, clocks agree",
      refused(403, "InvalidSignatureException", "", new Date(now + 5_000).toUTCString()),
      "wait credentials access_denied",
      "end gone access_denied",
    ],
    [
      "403 signature, clock is slow",
      refused(403, "InvalidSignatureException", "", new Date(now + 432_000).toUTCString()),
      "retry now clock 432000",
      "retry now clock 432000",
    ],
    [
      "403 signature, by text, clock is fast",
      refused(403, "", json({ message: "Signature not yet current" }), new Date(now - 600_000).toUTCString()),
      "retry now clock -600000",
      "retry now clock -600000",
    ],
    [
      "404",
      refused(404, "ResourceNotFoundException"),
      "end gone runtime_not_found",
      "end gone runtime_not_found",
    ],
    ["409 Conflict", refused(409, "ConflictException"), "retry brief", "retry brief"],
    [
      "409 provisioning",
      refused(
        409,
        "RetryableConflictException",
        json({ message: "Session operation in progress, please retry" }),
      ),
      "retry brief",
      "retry brief",
    ],
    [
      "424 ten shells",
      refused(
        424,
        "RuntimeClientError",
        json({ error: "MaxShellsExceeded", message: "shell limit reached" }),
      ),
      "wait capacity capacity",
      "end gone capacity",
    ],
    [
      "424 bad shell id",
      refused(424, "RuntimeClientError", json({ error: "InvalidShellId", message: "invalid shell id" })),
      "end gone rejected",
      "end gone rejected",
    ],
    [
      "424 unreachable",
      refused(424, "RuntimeClientError", json({ message: "connection refused" })),
      "retry backoff",
      "retry backoff",
    ],
    ["424 without a body", refused(424), "retry backoff", "retry backoff"],
    [
      "429 ten shells",
      refused(429, "ServiceQuotaExceededException"),
      "wait capacity capacity",
      "end gone capacity",
    ],
    [
      "429 ten shells, by text",
      refused(429, "", "Maximum terminal sessions reached (10)"),
      "wait capacity capacity",
      "end gone capacity",
    ],
    [
      "429 throttled",
      refused(429, "ThrottlingException", json({ message: "Rate limit exceeded" })),
      "retry later",
      "retry later",
    ],
    ["429 without a word", refused(429), "retry later", "retry later"],
    ["408", refused(408), "retry backoff", "retry backoff"],
    ["410", refused(410), "end gone rejected", "end gone rejected"],
    ["500", refused(500, "InternalServerException"), "retry later", "retry later"],
    ["503", refused(503), "retry later", "retry later"],
    ["200 of a captive portal", refused(200, "", "<html>"), "retry backoff", "end gone unreachable"],
    ["302", refused(302), "retry backoff", "end gone unreachable"],
  ])("%s", (_case, end, atStake, first) => {
    expect(words(end)).toBe(atStake);
    expect(words(end, { known: false })).toBe(first);
  });

  it("corrects the clock once only", () => {
    const end = refused(403, "InvalidSignatureException", "", new Date(now + 432_000).toUTCString());
    expect(words(end, { signedOffsetMs: 432_000 })).toBe("wait credentials access_denied");
    expect(messageOf(end, { signedOffsetMs: 432_000 })).toBe("this machine's clock is 7.2 min slow");
  });

  it("names the permission that is missing", () => {
    expect(messageOf(refused(403, "AccessDeniedException"))).toBe(
      `access denied · it needs bedrock-agentcore:InvokeAgentRuntimeCommandShell on ${arn}`,
    );
  });

  it.each([
    ["both fields", json({ error: "E", message: "m" }), "E: m"],
    ["escapes", json({ message: "a\u001b]0;x\u0007b" }), "a^[]0;x^Gb"],
    ["text", "plain words", "plain words"],
    ["hostile fields", '{"__proto__":{"message":"x"},"message":7}', ""],
    ["markup", "<html>hello</html>", ""],
    ["broken JSON", '{"message":', ""],
  ])("shows the service's words: %s", (_case, body, shown) => {
    const message = messageOf(refused(500, "", body));
    expect(message).toBe(shown === "" ? "the service failed (500)" : `the service failed (500) · ${shown}`);
  });

  it("cuts a long body", () => {
    expect(messageOf(refused(500, "", "x".repeat(16_000))).length).toBeLessThan(300);
  });
});

describe("an upgrade without an answer", () => {
  const failed = (code: string, message = ""): ConnectionEnd => ({ kind: "failed", code, message });
  it.each<[string, string, string]>([
    ["ENOTFOUND", "retry backoff", "end gone unreachable"],
    ["EAI_AGAIN", "retry backoff", "end gone unreachable"],
    ["ECONNREFUSED", "retry backoff", "end gone unreachable"],
    ["EHOSTUNREACH", "retry backoff", "end gone unreachable"],
    ["ENETUNREACH", "retry backoff", "end gone unreachable"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "retry backoff", "end gone untrusted_certificate"],
    ["CERT_HAS_EXPIRED", "retry backoff", "end gone untrusted_certificate"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "retry backoff", "end gone untrusted_certificate"],
    ["ECONNRESET", "retry backoff", "retry backoff"],
    ["ETIMEDOUT", "retry backoff", "retry backoff"],
    ["EPROTO", "retry backoff", "retry backoff"],
  ])("%s", (code, atStake, first) => {
    expect(words(failed(code))).toBe(atStake);
    expect(words(failed(code), { known: false })).toBe(first);
  });

  it("gives up a shell that never was after a minute", () => {
    expect(words(failed("ECONNRESET"), { known: false, sinceLossMs: 60_000, attempt: 3 })).toBe(
      "end gone unreachable",
    );
    expect(words(failed("ECONNRESET"), { known: false, sinceLossMs: 300_000, attempt: 1 })).toBe(
      "retry backoff",
    );
    expect(words(failed("ECONNRESET"), { known: true, sinceLossMs: HOUR })).toBe("retry backoff");
  });

  it("without credentials waits for them, or ends a shell that never was", () => {
    const end: ConnectionEnd = {
      kind: "unsigned",
      error: new AgentdError("no_credentials", "no AWS credentials"),
    };
    expect(words(end)).toBe("wait credentials no_credentials");
    expect(words(end, { known: false })).toBe("end gone no_credentials");
  });
});

describe("the local runtime", () => {
  const local: Partial<OutcomeContext> = { target: { kind: "local" } };
  it("says 404 for a shell that is gone", () => {
    expect(words(refused(404, "ResourceNotFoundException"), local)).toBe("end gone shell_ended");
  });
  it.each(["ENOENT", "ECONNREFUSED"])(
    "is gone with its shells when nobody serves its socket (%s)",
    (code) => {
      const end: ConnectionEnd = { kind: "failed", code, message: "" };
      expect(words(end, local)).toBe("retry backoff");
      expect(words(end, { ...local, attempt: 3 })).toBe("end gone shell_ended");
    },
  );
  it("is asked again when it is only busy", () => {
    expect(words({ kind: "failed", code: "EAGAIN", message: "" }, { ...local, attempt: 9 })).toBe(
      "retry backoff",
    );
    expect(words(refused(503), local)).toBe("retry backoff");
  });
});

describe("delayOf", () => {
  it.each([
    ["now", 0, 0],
    ["spread", 0, 2_000],
    ["brief", 750, 1_250],
    ["backoff", 0, 200],
    ["later", 750, 1_250],
    ["seldom", 22_500, 37_500],
  ] as const)("%s waits %d to %d ms", (pace, low, high) => {
    expect([delayOf(pace, 1, 0, 0), delayOf(pace, 1, 0, 1)]).toEqual([low, high]);
  });
});
