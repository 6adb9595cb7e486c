import { describe, expect, it } from "vitest";
import { clampSize, decodeResize, encodeResize, isSize, parseSize } from "../../../shared/size.js";
import { fc } from "../../support/property.js";

describe("sizes", () => {
  it("reads 200x50 and refuses everything else in words", () => {
    expect(parseSize("200x50")).toEqual({ cols: 200, rows: 50 });
    for (const bad of ["", "200", "200×50", "0x10", "1001x10", "10x", "-1x5", "1e2x5"]) {
      expect(() => parseSize(bad), bad).toThrow(expect.objectContaining({ code: "usage" }));
    }
  });

  it("writes the RESIZE payload of the protocol and reads it back", () => {
    expect(Buffer.from(encodeResize({ cols: 120, rows: 40 })).toString()).toBe('{"width":120,"height":40}');
    expect(decodeResize(encodeResize({ cols: 120, rows: 40 }))).toEqual({ cols: 120, rows: 40 });
  });

  it.each([
    "",
    "{}",
    "null",
    "[]",
    '{"width":0,"height":5}',
    '{"width":1001,"height":5}',
    '{"width":"80","height":24}',
    '{"width":1.5,"height":2}',
  ])("answers undefined to %j", (text) => {
    expect(decodeResize(Buffer.from(text))).toBeUndefined();
  });

  it("clamps any number into 1..1000", () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (cols, rows) => {
        const size = clampSize(cols, rows);
        expect(isSize(size.cols, size.rows)).toBe(true);
      }),
    );
  });
});
