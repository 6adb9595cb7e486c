import { describe, expect, it } from "vitest";
import { AgentdError, isErrorCode } from "../../../shared/errors.js";
import { decodeClientNotice, decodeNotice, encodeNotice } from "../../../shared/notice.js";

describe("AgentdError", () => {
  it("keeps itself and wraps anything else without showing its text", () => {
    const error = new AgentdError("shell_not_found", "no shell 'x'");
    expect(AgentdError.from(error)).toBe(error);
    const wrapped = AgentdError.from(new Error("secret"));
    expect(wrapped).toMatchObject({ code: "internal", rpcCode: -32603, exitStatus: 70 });
    expect(wrapped.message).not.toContain("secret");
    expect((wrapped.cause as Error).message).toBe("secret");
  });

  it.each([
    ["shell_not_found", 2],
    ["name_taken", 73],
    ["usage", 64],
    ["unreachable", 69],
    ["access_denied", 77],
    ["capacity", 75],
    ["unsafe_directory", 78],
  ] as const)("%s ends a command with %i", (code, status) => {
    expect(new AgentdError(code, "x").exitStatus).toBe(status);
  });

  it("knows its codes by own property only", () => {
    expect(isErrorCode("timeout")).toBe(true);
    expect(isErrorCode("constructor")).toBe(false);
    expect(isErrorCode(3)).toBe(false);
  });
});

describe("notices", () => {
  it("survive the wire, and garbage is undefined", () => {
    const frame = encodeNotice({ kind: "back", verdict: "same", bytesLost: 0 });
    expect(decodeNotice(frame.subarray(1))).toEqual({ kind: "back", verdict: "same", bytesLost: 0 });
    expect(decodeNotice(Buffer.from("null"))).toBeUndefined();
    expect(decodeNotice(Buffer.from("{"))).toBeUndefined();
    expect(decodeClientNotice(Buffer.from('{"kind":"lead"}'))).toEqual({ kind: "lead" });
    expect(decodeClientNotice(Buffer.from('{"kind":"other"}'))).toBeUndefined();
  });
});
