import { isUtf8 } from "node:buffer";
import { describe, expect, it } from "vitest";
import { TextRun } from "../../../../../daemon/terminal/stream/text-run.js";
import { unfinishedLength } from "../../../../../daemon/terminal/stream/whole-characters.js";
import { fc } from "../../../../support/property.js";

const isAsciiText = (byte: number) =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || (byte >= 0x07 && byte <= 0x09);

/** The same, byte by byte. */
function endOfText(bytes: Uint8Array): (from: number) => number {
  const whole = bytes.subarray(0, bytes.length - unfinishedLength(bytes));
  const isWide = isUtf8(whole) && !bytes.includes(0xc2);
  const end = isWide ? whole.length : bytes.length;
  const isText = (byte: number) => isAsciiText(byte) || (isWide && byte >= 0x80);
  return (from) => {
    let at = from;
    while (at < end && isText(bytes[at] as number)) at++;
    return at;
  };
}

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 40 }).map((text) => Buffer.from(text)) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("\r\n", "\t", "\x7f", "\x1b[m", "\x00", "\x1f", "é", "\u0085", "日")
      .map((text) => Buffer.from(text)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
);

describe("a run of text", () => {
  it("ends where looking at every byte finds its end, wherever the bytes lie in memory", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(7), (pieces, shift) => {
        const content = Buffer.concat(pieces);
        const bytes = new Uint8Array(new ArrayBuffer(content.length + shift), shift);
        bytes.set(content);
        const run = new TextRun(bytes, 0);
        const end = endOfText(bytes);
        for (let at = 0; at <= bytes.length; at++) expect(run.endOf(at)).toBe(end(at));
      }),
    );
  });

  it.each([0, 1, 2, 3, 4, 5])("sees each of the 256 bytes behind %i others as what it is", (before) => {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = new Uint8Array(16).fill(0x61);
      bytes[before] = byte;
      expect(new TextRun(bytes, 0).endOf(0), `byte ${byte}`).toBe(isAsciiText(byte) ? 16 : before);
    }
  });

  it("takes whole characters beyond ASCII for text, and stops before one that is cut", () => {
    const bytes = Buffer.from("日本語のログ 🎉 end 日").subarray(0, -1);
    expect(new TextRun(bytes, 0).endOf(0)).toBe(bytes.length - 2);
  });

  it("stops at what may be a C1 control, and at what is no character", () => {
    expect(new TextRun(Buffer.from("日\u0085"), 0).endOf(0)).toBe(0);
    expect(new TextRun(Buffer.of(0x61, 0x62, 0xff, 0x63), 0).endOf(0)).toBe(2);
  });
});
