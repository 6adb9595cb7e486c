import { describe, expect, it } from "vitest";
import {
  encodeConfirmation,
  encodeTermination,
  exitCodeOf,
  parseStatus,
  type ShellExit,
} from "../../../shared/status.js";
import { fc } from "../../support/property.js";

const parse = (value: unknown) =>
  parseStatus(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
const failure = (causes: unknown) => ({ metadata: {}, status: "Failure", details: { causes } });

describe("parseStatus", () => {
  it.each<[string, unknown, unknown]>([
    [
      "a fresh shell",
      {
        kind: "Status",
        apiVersion: "v1",
        metadata: { shellId: "sh1", reconnected: false },
        status: "Success",
      },
      { kind: "confirmation", shellId: "sh1", reconnected: false },
    ],
    [
      "a reattach with loss",
      { metadata: { shellId: "sh1", reconnected: true, bytesDropped: 512 }, status: "Success" },
      { kind: "confirmation", shellId: "sh1", reconnected: true, bytesDropped: 512 },
    ],
    [
      "a second confirmation",
      { metadata: { shellId: "a", bytesDropped: 1 } },
      { kind: "confirmation", shellId: "a", bytesDropped: 1 },
    ],
    [
      "bytesDropped that is no count",
      { metadata: { shellId: "a", bytesDropped: -1 } },
      { kind: "confirmation", shellId: "a" },
    ],
    [
      "bytesDropped NaN",
      '{"metadata":{"shellId":"a","bytesDropped":1e999}}',
      { kind: "confirmation", shellId: "a" },
    ],
    [
      "exit 0",
      { metadata: {}, status: "Success" },
      { kind: "termination", exit: { kind: "code", exitCode: 0 } },
    ],
    [
      "exit 42",
      failure([{ reason: "ExitCode", message: "42" }]),
      { kind: "termination", exit: { kind: "code", exitCode: 42 } },
    ],
    [
      "a signal",
      failure([
        { reason: "ExitCode", message: "137" },
        { reason: "Signal", message: "9" },
      ]),
      { kind: "termination", exit: { kind: "signal", signal: 9, exitCode: 137 } },
    ],
    [
      "a platform failure: unknown, never 0",
      { metadata: {}, status: "Failure", reason: "InternalError", message: "vm gone", code: 500 },
      { kind: "termination", exit: { kind: "unknown", message: "vm gone" } },
    ],
    [
      "an exit code that is no status",
      failure([{ reason: "ExitCode", message: "999" }]),
      { kind: "termination", exit: { kind: "unknown", message: "no exit code" } },
    ],
    ["text", "hello", { kind: "invalid" }],
    ["null", "null", { kind: "invalid" }],
    ["a list", "[]", { kind: "invalid" }],
    ["an inherited shellId", '{"__proto__":{"metadata":{"shellId":"x"}}}', { kind: "invalid" }],
  ])("reads %s", (_name, payload, expected) => {
    expect(parse(payload)).toEqual(expected);
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseStatus(bytes)));
    fc.assert(fc.property(fc.json(), (text) => void parse(text)));
  });

  it("refuses more than 16 KiB unread", () => {
    expect(parse({ metadata: { shellId: "x".repeat(20_000) } })).toEqual({ kind: "invalid" });
  });

  it("reads back every exit that we write", () => {
    const exits: ShellExit[] = [
      ...Array.from({ length: 256 }, (_, exitCode): ShellExit => ({ kind: "code", exitCode })),
      { kind: "signal", signal: 9, exitCode: 137 },
      { kind: "unknown", message: "lost" },
    ];
    for (const exit of exits)
      expect(parseStatus(encodeTermination(exit))).toEqual({ kind: "termination", exit });
    expect(exitCodeOf({ kind: "unknown", message: "" })).toBeUndefined();
  });

  it("leaves bytesDropped out of a confirmation when nothing was dropped", () => {
    expect(Buffer.from(encodeConfirmation("a", true, 0)).toString()).not.toContain("bytesDropped");
    expect(parseStatus(encodeConfirmation("a", true, 7))).toMatchObject({
      reconnected: true,
      bytesDropped: 7,
    });
  });
});
