// Durations, sizes, tables and error lines.

import { describe, expect, it } from "vitest";
import {
  dimLine,
  errorJson,
  errorLine,
  formatBytes,
  formatDuration,
  formatTable,
  jsonText,
} from "../../../../client/text/format.js";
import { AgentdError } from "../../../../shared/errors.js";
import { fc } from "../../../support/property.js";

describe("formatDuration", () => {
  it.each([
    [-5, "0s"],
    [0, "0s"],
    [999, "0s"],
    [1000, "1s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [125_000, "2m5s"],
    [3_600_000, "1h"],
    [7_980_000, "2h13m"],
    [3_601_000, "1h"],
    [86_400_000, "1d"],
    [273_600_000, "3d4h"],
  ])("writes %d ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it("has at most two units, and loses less than one of the second", () => {
    const seconds = { d: 86_400, h: 3600, m: 60, s: 1 } as const;
    fc.assert(
      fc.property(fc.nat(10 ** 10), (ms) => {
        const parts = [...formatDuration(ms).matchAll(/(\d+)([dhms])/g)];
        expect(parts.length).toBeLessThanOrEqual(2);
        const value = parts.reduce((sum, [, count, unit]) => sum + Number(count) * seconds[unit as "s"], 0);
        const rest = ms / 1000 - value;
        expect(rest).toBeGreaterThanOrEqual(0);
        expect(rest).toBeLessThan(value >= 86_400 ? 3600 : value >= 3600 ? 60 : 1);
      }),
    );
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [3_565_158, "3.4 MiB"],
    [1024 ** 3 - 1, "1.0 GiB"],
  ])("writes %d as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("formatTable", () => {
  it("aligns columns and leaves no space at the end of a line", () => {
    expect(
      formatTable([
        ["NAME", "STATE"],
        ["a", "live"],
        ["longer", ""],
      ]),
    ).toBe("NAME    STATE\na       live\nlonger");
  });
});

describe("lines", () => {
  it("are dim only with colour", () => {
    expect(dimLine("x", true)).toBe("\x1b[2m[x]\x1b[0m");
    expect(dimLine("x", false)).toBe("[x]");
  });

  it("show errors in one line, without control characters", () => {
    expect(errorLine(new AgentdError("rejected", "no\n  such\x1b[31m"))).toBe("no such^[[31m");
    expect(errorLine(AgentdError.from(new Error("boom")))).toBe("something went wrong inside agentd: boom");
  });

  it("show errors as JSON", () => {
    expect(JSON.parse(errorJson(new AgentdError("name_taken", "name 'x' exists")))).toEqual({
      v: 1,
      error: { code: "name_taken", message: "name 'x' exists" },
    });
  });
});

describe("jsonText", () => {
  it("holds nothing that a terminal acts on or a reader splits at, and says the same", () => {
    const value = { text: "a\u001b[2J\u007f\u009b31m\u0085\u2028\u2029\u202e\u2066 é 漢 😀\n" };
    const text = jsonText(value);
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
    expect(text).toContain("é 漢 😀");
    expect(JSON.parse(text)).toEqual(value);
  });
});
