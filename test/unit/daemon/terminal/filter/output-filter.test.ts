// The safety filter against a table of attacks: what goes in, what comes out, and why; and its laws.

import { describe, expect, it } from "vitest";
import {
  OutputFilter,
  type OutputFilterOptions,
} from "../../../../../daemon/terminal/filter/output-filter.js";
import { ALLOWED_CLIPBOARD, ATTACKS, HARMLESS } from "../../../../support/attack-strings.js";
import { fc } from "../../../../support/property.js";
import { seededRandom } from "../../../../support/random-stream.js";

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

function newFilter(options: Partial<OutputFilterOptions> = {}): OutputFilter {
  return new OutputFilter({ name: () => "work", now: () => 0, onBlocked: () => {}, ...options });
}

function filtered(stream: string, clipboard = false): string {
  return latin1(newFilter({ clipboard }).push(bytesOf(stream)));
}

const table = [...ATTACKS.map(([input, output, why]) => ({ input, output, why }))];

describe("OutputFilter", () => {
  it.each(table)("$why: $input", ({ input, output }) => {
    // The text on both sides shows that nothing around it is touched, and that the terminal is between sequences again.
    expect(filtered(`a${input}b`)).toBe(`a${output}b`);
  });

  it.each(HARMLESS)("lets %j through", (input) => {
    expect(filtered(`a${input}b`)).toBe(`a${input}b`);
  });

  it("has some 150 attacks in its table", () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(150);
  });

  it.each(ALLOWED_CLIPBOARD)("with --clipboard allow, %j becomes %j", (input, output) => {
    expect(filtered(input, true)).toBe(output);
  });

  it("writes up to 100 KB to the clipboard when it may, and says what it kept back", () => {
    const most = `\x1b]52;c;${"QUJD".repeat(34_133)}\x07`;
    expect(filtered(most, true)).toBe(most);
    const told: number[] = [];
    const filter = newFilter({ clipboard: true, onBlocked: (_, bytes) => told.push(bytes) });
    expect(latin1(filter.push(bytesOf(`x\x1b]52;c;${"QUJD".repeat(200_000)}\x07y`)))).toBe("xy");
    expect(told).toEqual([600_000]);
  });

  it("says once in five seconds that a program wanted to set the clipboard", () => {
    let now = 0;
    const told: number[] = [];
    const filter = newFilter({ now: () => now, onBlocked: (_, bytes) => told.push(bytes) });
    const write = bytesOf("\x1b]52;c;aGVsbG8=\x07");
    filter.push(write);
    filter.push(write);
    now = 5_000;
    filter.push(write);
    expect(told).toEqual([5, 5]);
  });

  it("passes one notification in five seconds, marked with the shell's name", () => {
    let now = 0;
    const filter = newFilter({ now: () => now });
    const ask = (text: string) => latin1(filter.push(bytesOf(text)));
    expect(ask("\x1b]9;done\x07")).toBe("\x1b]9;[work] done\x07");
    expect(ask("\x1b]777;notify;a;b\x1b\\")).toBe("");
    now = 5_000;
    expect(ask("\x1b]777;notify;a;b\x1b\\")).toBe("\x1b]777;notify;[work] a;b\x1b\\");
    now = 10_000;
    expect(ask(`\x1b]9;${"x".repeat(500)}\x07`)).toBe(`\x1b]9;[work] ${"x".repeat(200)}\x07`);
  });

  it("rings no bell, notifies nobody and writes no clipboard in a replay", () => {
    const filter = newFilter({ clipboard: true });
    const stream = "a\x07\x1b]9;x\x07\x1b]52;c;aGk=\x07\x1b[\x07m\x1b]0;t\x07b";
    expect(latin1(filter.push(bytesOf(stream), true))).toBe("a\x1b[m\x1b]0;t\x07b");
  });

  it("returns the same object when nothing is held and nothing changes", () => {
    const filter = newFilter();
    const bytes = bytesOf("text \x1b[1;31mred\x1b[m caf\xc3\xa9 \x1b]0;title\x07\x1b[?25l\r\n");
    expect(filter.push(bytes)).toBe(bytes);
    expect(filter.heldBytes).toBe(0);
  });

  it("changes no text, whatever bytes it is made of", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 0, maxLength: 60 }), { maxLength: 5 }), (chunks) => {
        const text = (chunk: Uint8Array) =>
          chunk.map((b) => (b === 0x1b || b === 0x05 || b === 0xc2 ? 0x61 : b));
        const filter = newFilter();
        for (const chunk of chunks.map(text)) expect(filter.push(chunk)).toEqual(chunk);
      }),
    );
  });

  it("gives the same output however the input is cut", () => {
    const pieces = [
      ...ATTACKS.map(([input]) => input),
      ...HARMLESS,
      "text",
      "\x1b",
      "\xc2",
      "\xe2\x82",
      "\x9b",
    ];
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed);
      const pick = () => pieces[Math.floor(random() * pieces.length)] ?? "";
      const stream = bytesOf(Array.from({ length: 5 }, pick).join("")).subarray(0, 1500);
      const whole = newFilter();
      const expected = latin1(whole.push(stream));
      for (let cut = 0; cut <= stream.length; cut++) {
        const filter = newFilter();
        const out = latin1(filter.push(stream.subarray(0, cut))) + latin1(filter.push(stream.subarray(cut)));
        expect(out, `seed ${seed}, cut at ${cut}`).toBe(expected);
        expect(filter.standsAs(whole), `seed ${seed}, cut at ${cut}`).toBe(true);
      }
      const filter = newFilter();
      let out = "";
      for (let at = 0; at < stream.length; ) {
        const end = at + 1 + Math.floor(random() * 4);
        out += latin1(filter.push(stream.subarray(at, end)));
        at = end;
      }
      expect(out, `seed ${seed}, random cuts`).toBe(expected);
    }
  });

  it("accounts for every byte: the pieces stand for what is not held, and another filter can go on behind each", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const pick = () => ATTACKS[Math.floor(random() * ATTACKS.length)]?.[0] ?? "";
      const stream = bytesOf(Array.from({ length: 8 }, () => `t${pick()}`).join(""));
      const filter = newFilter();
      const now = (bytes: Uint8Array) => latin1(newFilter().push(bytes, true));
      const full = now(stream);
      let shown = 0;
      let text = "";
      for (let at = 0; at < stream.length; at += 37) {
        for (const { bytes, consumed } of filter.pieces(stream.subarray(at, at + 37), true)) {
          shown += consumed;
          text += latin1(bytes);
          expect(text + now(stream.subarray(shown)), `seed ${seed}, at ${shown}`).toBe(full);
        }
        const end = Math.min(stream.length, at + 37);
        expect(shown, `seed ${seed}`).toBe(end - filter.heldBytes);
      }
    }
  });

  it.each([
    ["\x1b]", "an OSC"],
    ["\x1b]52;c;", "a clipboard"],
    ["\x1bP", "a DCS"],
    ["\x1b_G", "an APC"],
    ["\x1b^", "a PM"],
    ["\x1bX", "an SOS"],
    ["\xc2\x9d0;", "an OSC in C1 form"],
  ])("keeps a bounded part of what begins with %j, %s without end, and goes on behind it", (start) => {
    const filter = newFilter({ clipboard: true });
    filter.push(bytesOf(start));
    const flood = new Uint8Array(64 * 1024).fill(0x41);
    for (let n = 0; n < 200; n++) expect(filter.push(flood).length).toBe(0);
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 200; n++) expect(filter.push(flood).length).toBe(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    expect(latin1(filter.push(bytesOf("\x1b\\after")))).toBe("after");
    expect(filter.heldBytes).toBe(0);
  });

  it("takes a control sequence without end for text", () => {
    const out = filtered(`\x1b[${"1;".repeat(1000)}mx`);
    expect(out.length).toBeLessThan(2000);
    expect(out).not.toContain("\x1b");
    expect(out.endsWith("mx")).toBe(true);
  });
});
