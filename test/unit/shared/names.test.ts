import { describe, expect, it } from "vitest";
import {
  checkShellName,
  isRuntimeSessionId,
  isShellId,
  isShellName,
  printable,
  suggestName,
} from "../../../shared/names.js";
import { fc } from "../../support/property.js";

describe("names", () => {
  it.each(["a", "work", "A.b_c-1", "...", ".hidden", "x".repeat(64)])("allows %j", (name) => {
    expect(checkShellName(name)).toBe(name);
  });

  it.each(["", ".", "..", "-d", "a b", "a/b", "é", "x".repeat(65), "a\n", "$(touch x)"])(
    "refuses %j",
    (name) => {
      expect(() => checkShellName(name)).toThrow(expect.objectContaining({ code: "bad_name" }));
    },
  );

  it("never allows a name that could be a path or an option", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (name) => {
        if (isShellName(name)) expect(name).toMatch(/^(?!-)[\w.-]+$/);
      }),
    );
  });

  it("knows the ids that every published client accepts", () => {
    expect(isShellId("0d9c1bb6-6f64-4f4e-9d6c-1d1f6c3f6a11")).toBe(true);
    expect(isShellId("_leading")).toBe(false);
    expect(isShellId("x".repeat(129))).toBe(false);
    expect(isRuntimeSessionId("s".repeat(32))).toBe(false);
    expect(isRuntimeSessionId("s".repeat(33))).toBe(true);
    expect(isRuntimeSessionId(`${"s".repeat(33)}\r\n`)).toBe(false);
  });

  it.each([
    ["wrok", ["work", "demo"], "work"],
    ["dem", ["work", "demo"], "demo"],
    ["Work", ["work"], "work"],
    ["xyz", ["work", "demo"], undefined],
    ["a", [], undefined],
  ])("suggests for %j among %j: %j", (wanted, names, expected) => {
    expect(suggestName(wanted, names)).toBe(expected);
  });

  it("makes control characters visible and cuts", () => {
    expect(printable("a\u001b[31m\n\u009b\u202e")).toBe("a^[[31m^J\\u009b\\u202e");
    expect(printable("x".repeat(300))).toHaveLength(201);
    fc.assert(
      fc.property(
        fc.string(),
        (text) => void expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/),
      ),
    );
  });
});
