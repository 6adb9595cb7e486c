import { describe, expect, it } from "vitest";
import { BorderScan } from "../../../../../daemon/upstream/replay/border.js";
import { fc } from "../../../../support/property.js";

const bytes = (text: string) => Buffer.from(text, "latin1");
/** Two letters, so that borders and periods are everywhere. */
const word = (maxLength: number) => fc.string({ unit: fc.constantFrom("a", "b"), maxLength });

describe("BorderScan", () => {
  it("finds the longest prefix of the stream that ends the text, however the stream is cut", () => {
    fc.assert(
      fc.property(word(60), word(60), fc.array(fc.nat(9), { maxLength: 20 }), (text, stream, cuts) => {
        const scan = pushed(text, stream, cuts);
        scan.finish();
        const border = longestBorder(text, stream);
        expect(scan.border).toBe(border);
        expect(scan.ownBorder(stream.length)).toBe(properBorder(stream));
        expect(Buffer.from(scan.streamFrom(border)).toString()).toBe(stream.slice(border));
        if (border > 0) expect(scan.occursElsewhere()).toBe(elsewhere(text, stream, border));
      }),
      { numRuns: 3_000 },
    );
  });

  it("is done as soon as no alignment can grow any more, and never changes its mind", () => {
    fc.assert(
      fc.property(word(40), word(40), word(20), (text, stream, more) => {
        const scan = pushed(text, stream, []);
        expect(scan.done).toBe(!insideOf(text, stream));
        if (!scan.done) return;
        const { border } = scan;
        scan.push(bytes(more));
        expect([scan.done, scan.border]).toEqual([true, border]);
      }),
      { numRuns: 3_000 },
    );
  });

  it("counts the places where all of the stream stands inside the text", () => {
    const scan = pushed("xabcxabcx", "abc", []);
    scan.finish();
    expect([scan.places, scan.border]).toEqual([2, 0]);
  });

  it.each([
    ["one byte, then another", "a".repeat(2_000), `${"a".repeat(999)}b`],
    ["runs of growing length", runs(2_000), "a".repeat(1_000)],
    ["a Fibonacci word", fibonacci(2_000), `${fibonacci(999)}c`],
    ["two periods", "aab".repeat(666), "aabaab".repeat(166)],
  ])("reads each byte of the text at most twice, and once per frame: %s", (_, text, stream) => {
    for (const frame of [1, 7, 1_000]) {
      let reads = 0;
      const counted = new Proxy(bytes(text), {
        get(target, key) {
          if (key === "length") return target.length;
          reads++;
          return target[Number(key)];
        },
      });
      const scan = new BorderScan(counted);
      for (let at = 0; at < stream.length; at += frame) scan.push(bytes(stream.slice(at, at + frame)));
      scan.finish();
      expect(reads, `frames of ${frame}`).toBeLessThanOrEqual(2 * text.length + stream.length / frame + 1);
    }
  });
});

function pushed(text: string, stream: string, cuts: readonly number[]): BorderScan {
  const scan = new BorderScan(bytes(text));
  let at = 0;
  for (const cut of cuts) {
    scan.push(bytes(stream.slice(at, at + cut)));
    at += cut;
  }
  scan.push(bytes(stream.slice(at)));
  return scan;
}

function longestBorder(text: string, stream: string): number {
  let length = Math.min(text.length, stream.length);
  while (!text.endsWith(stream.slice(0, length))) length--;
  return length;
}

function properBorder(stream: string): number {
  for (let length = stream.length - 1; length > 0; length--) {
    if (stream.endsWith(stream.slice(0, length))) return length;
  }
  return 0;
}

/** All of the stream stands in the text, and not at its end. */
function insideOf(text: string, stream: string): boolean {
  const at = text.indexOf(stream);
  return at !== -1 && at + stream.length < text.length;
}

function elsewhere(text: string, stream: string, border: number): boolean {
  const wanted = stream.slice(0, border);
  return text.indexOf(wanted) !== text.length - border || stream.indexOf(wanted, 1) !== -1;
}

function runs(length: number): string {
  let text = "";
  for (let run = 1; text.length < length; run += 3) text += `${"a".repeat(run)}b`;
  return text.slice(0, length);
}

function fibonacci(length: number): string {
  let [shorter, longer] = ["b", "a"];
  while (longer.length < length) [shorter, longer] = [longer, longer + shorter];
  return longer.slice(0, length);
}
