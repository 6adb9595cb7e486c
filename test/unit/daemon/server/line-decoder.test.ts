// Lines out of a stream that is cut anywhere, and what is left for packets.

import { describe, expect, it } from "vitest";
import { LineDecoder } from "../../../../daemon/server/line-decoder.js";
import { fc } from "../../../support/property.js";

const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();
const drain = (decoder: LineDecoder): (string | undefined)[] => {
  const lines: (string | undefined)[] = [];
  for (let line = decoder.next(); line !== undefined; line = decoder.next()) lines.push(text(line));
  return lines;
};

describe("LineDecoder", () => {
  it("returns the same lines however the stream is cut", () => {
    const line = fc.string({ maxLength: 3000, unit: fc.constantFrom("a", "ö", "\t", "{") });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.nat(200), { maxLength: 400 }),
        (lines, cuts) => {
          const stream = Buffer.from(lines.map((each) => `${each}\n`).join(""));
          const decoder = new LineDecoder(16 * 1024);
          const seen: (string | undefined)[] = [];
          let at = 0;
          for (const cut of [...cuts, stream.length]) {
            decoder.push(stream.subarray(at, at + cut));
            at += cut;
            seen.push(...drain(decoder));
          }
          expect(seen).toEqual(lines);
          expect(decoder.takeRest()).toHaveLength(0);
        },
      ),
    );
  });

  it("takes \\r\\n as one line end, and a lone \\r as text", () => {
    const decoder = new LineDecoder(100);
    decoder.push(Buffer.from("a\r\n\r\nb\rc\n"));
    expect(drain(decoder)).toEqual(["a", "", "b\rc"]);
  });

  it("hands over what follows a line, byte for byte, wherever the chunks were cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(5000), (rest, cut) => {
        const stream = Buffer.concat([Buffer.from("attach\n"), rest]);
        const decoder = new LineDecoder(100);
        decoder.push(stream.subarray(0, 7 + Math.min(cut, rest.length)));
        expect(text(decoder.next())).toBe("attach");
        decoder.push(stream.subarray(7 + Math.min(cut, rest.length)));
        expect(Buffer.from(decoder.takeRest()).equals(Buffer.from(rest))).toBe(true);
      }),
    );
  });

  it("accepts a line of exactly the limit", () => {
    const decoder = new LineDecoder(10);
    decoder.push(Buffer.from("0123456789\n"));
    expect(text(decoder.next())).toBe("0123456789");
  });

  it("refuses a longer line, complete or not, without waiting for its end", () => {
    for (const stream of ["0123456789x\n", "0123456789x"]) {
      const decoder = new LineDecoder(10);
      decoder.push(Buffer.from(stream));
      expect(() => decoder.next()).toThrowError(expect.objectContaining({ code: "invalid_request" }));
    }
  });

  it("obeys a limit that was raised between two lines", () => {
    const decoder = new LineDecoder(5);
    decoder.push(Buffer.from("hello\n0123456789\n"));
    expect(text(decoder.next())).toBe("hello");
    decoder.maxLineBytes = 10;
    expect(text(decoder.next())).toBe("0123456789");
  });

  it("takes a byte at a time as fast as all at once", () => {
    const decoder = new LineDecoder(256 * 1024);
    const started = performance.now();
    for (let count = 0; count < 256 * 1024; count++) {
      decoder.push(Uint8Array.of(0x61));
      if (decoder.next() !== undefined) throw new Error("a line without its end");
    }
    decoder.push(Uint8Array.of(0x0a));
    expect(decoder.next()).toHaveLength(256 * 1024);
    // Quadratic copying would take minutes.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
