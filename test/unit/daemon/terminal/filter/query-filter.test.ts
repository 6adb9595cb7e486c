import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MAX_HELD_BYTES, QueryFilter } from "../../../../../daemon/terminal/filter/query-filter.js";
import { SequenceTail } from "../../../../../daemon/terminal/stream/sequence-tail.js";
import { fc } from "../../../../support/property.js";
import { createTestTerminal } from "../../../../support/test-terminal.js";

const NO_TAIL = new Uint8Array(0);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

function filtered(stream: string, tail = ""): string {
  const filter = new QueryFilter(bytesOf(tail));
  return latin1(filter.push(bytesOf(stream))) + latin1(filter.flush());
}

const QUERIES = [
  "\x1b[c",
  "\x1b[0c",
  "\x1b[>c",
  "\x1b[>0c",
  "\x1b[=c",
  "\x1b[5n",
  "\x1b[6n",
  "\x1b[?6n",
  "\x1b[?996n",
  "\x1b[?15n",
  "\x1b[4$p",
  "\x1b[?2026$p",
  "\x1b[?u",
  "\x1b[>q",
  "\x1b[>0q",
  "\x1b[14t",
  "\x1b[18t",
  "\x1b[21t",
  "\x1b[?4m",
  "\x1b[x",
  "\x1bZ",
  "\x1b[?1;1;0S",
  "\x1b[1$w",
  "\x1b[1;1;1;1;1;1*y",
  "\x05",
  "\x1bP$qm\x1b\\",
  "\x1bP+q544e\x1b\\",
  "\x1b]10;?\x07",
  "\x1b]11;?\x1b\\",
  "\x1b]4;1;?\x07",
  "\x1b]4;1;?;2;?\x1b\\",
  "\x1b]52;c;?\x07",
  "\x1b]12;?\x07",
  "\x1b]1337;ReportCellSize\x07",
  "\x1b]21;foreground=?\x1b\\",
  "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
  "\xc2\x9bc",
  "\xc2\x9d11;?\xc2\x9c",
];

const OTHERS = [
  "text",
  "caf\xc3\xa9 \xe6\xbc\xa2",
  "\x1b[31m",
  "\x1b[H",
  "\x1b[2J",
  "\x1b[?25l",
  "\x1b[>4;2m",
  "\x1b[>1u",
  "\x1b[<u",
  "\x1b[=1;1u",
  "\x1b[>4n",
  "\x1b[s",
  "\x1b[u",
  "\x1b[8;24;80t",
  "\x1b[22;2t",
  "\x1b[0 q",
  "\x1b[!p",
  '\x1b[1"q',
  "\x1b]0;title?\x07",
  "\x1b]2;?\x1b\\",
  "\x1b]8;;http://a/?\x1b\\",
  "\x1b]52;c;aGk=\x07",
  "\x1b]4;1;rgb:1/2/3\x07",
  "\x1b]10;#ffffff\x1b\\",
  "\x1bPq#0~\x1b\\",
  "\x1b_Ga=T,f=24;AAAA\x1b\\",
  "\x1b(0",
  "\x1b7",
  "\x1b#8",
  "\x1bc",
  "\r\n",
  "\x1b]133;A\x07",
  "\x1b[1;1",
  "\x1b]11;",
  "\x1bP",
  "\x18",
  "\x1b",
  "\xc2\xa0",
  "\xff",
  "\x1b]1337;File=:AAAA\x07",
  "\x1b[200~",
];

const pieces = fc.array(fc.constantFrom(...QUERIES, ...OTHERS), { maxLength: 14 });

describe("QueryFilter", () => {
  it.each(QUERIES)("removes %j", (query) => {
    expect(filtered(`a${query}b`)).toBe("ab");
  });

  it.each(OTHERS)("lets %j through", (other) => {
    expect(filtered(other)).toBe(other);
  });

  it("keeps the colours that are set beside a question", () => {
    expect(filtered("\x1b]4;1;red;2;?;3;blue\x07")).toBe("\x1b]4;1;red;3;blue\x07");
    expect(filtered("\x1b]10;red;?;blue\x1b\\")).toBe("\x1b]10;red\x1b\\\x1b]12;blue\x1b\\");
  });

  it("keeps control characters that stand inside a question", () => {
    expect(filtered("\x1b[\r\n6n")).toBe("\r\n");
  });

  it("gives the same output however the input is cut", () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const stream = parts.join("");
        const expected = filtered(stream);
        for (let cut = 0; cut <= stream.length; cut++) {
          const filter = new QueryFilter(NO_TAIL);
          const first = latin1(filter.push(bytesOf(stream.slice(0, cut))));
          const second = latin1(filter.push(bytesOf(stream.slice(cut)))) + latin1(filter.flush());
          expect(first + second).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never makes a terminal answer, whatever had been sent before it began", () => {
    fc.assert(
      fc.property(pieces, fc.nat(), (parts, at) => {
        const stream = parts.join("");
        const cut = stream.length === 0 ? 0 : at % stream.length;
        const tail = new SequenceTail();
        tail.push(bytesOf(stream.slice(0, cut)));
        const client = createTestTerminal();
        const replies: string[] = [];
        client.terminal.onData((reply) => replies.push(reply));
        const filter = new QueryFilter(tail.bytes);
        client.feed(tail.bytes);
        client.feed(filter.push(bytesOf(stream.slice(cut))));
        expect(replies).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it("joins nothing to a question, or to a control, by taking one out of its midst", () => {
    expect(filtered("\x1b[\x1b[cc")).toBe("\x1b[\x1b\\c");
    expect(filtered("\x1b\x1b[cc")).toBe("\x1b\x1b\\c");
    expect(filtered("\x1b]1\x1b[c1;?\x07")).toBe("\x1b]1\x1b\\1;?\x07");
    expect(filtered("\xc2\x1b[c\x9d11;?\x07")).toBe("\xef\xbf\xbd\x9d11;?\x07");
    expect(filtered("\xc2\x05\x9bc")).toBe("\xef\xbf\xbd\x9bc");
    expect(filtered("\x1b[c\x9bc", "\xc2")).toBe("\x18\x9bc");
    // Nothing goes here.
    expect(filtered("\x1b[\x1b[mc")).toBe("\x1b[\x1b[mc");
    expect(filtered("\xc2a")).toBe("\xc2a");
  });

  it("never makes a terminal answer to what is broken off by a question", () => {
    const broken = [
      "\xc2",
      "\x1b",
      "\x1b[",
      "\x1b[?",
      "\x1b]",
      "\x1b]1",
      "\x1bP",
      "\x1bP$",
      "\xc2\x9b",
      "\xc2\x9d",
    ];
    const rests = [
      "c",
      "6n",
      "\x9bc",
      "\x9d11;?\x07",
      "11;?\x07",
      "1;?\x07",
      "qm\x1b\\",
      "$qm\x1b\\",
      "[c",
      "\x18",
    ];
    const parts = fc.array(fc.constantFrom(...broken, ...QUERIES, ...rests), { maxLength: 10 });
    fc.assert(
      fc.property(parts, fc.nat(), (all, at) => {
        const stream = all.join("");
        const cut = stream.length === 0 ? 0 : at % stream.length;
        // What a client without filter has seen before may ask; what comes through the filter may not.
        const tail = new SequenceTail();
        tail.push(bytesOf(stream.slice(0, cut)));
        const client = createTestTerminal();
        client.feed(tail.bytes);
        const replies: string[] = [];
        client.terminal.onData((reply) => replies.push(reply));
        const filter = new QueryFilter(tail.bytes);
        for (const byte of bytesOf(stream.slice(cut))) client.feed(filter.push(Uint8Array.of(byte)));
        expect(replies, JSON.stringify(stream)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it("cancels a question whose beginning the client already has, and goes on", () => {
    expect(filtered("6nok", "\x1b[")).toBe("\x18ok");
    expect(filtered("?\x07ok", "\x1b]11;")).toBe("x\x18\x1b\\ok");
    expect(filtered("m\x1b\\ok", "\x1bP$q")).toBe("x\x18\x1b\\ok");
    expect(filtered("1mok", "\x1b[3")).toBe("1mok");
    expect(filtered("\x82ok", "\xe6\xbc")).toBe("\x82ok");
    // The client has the first half of a C1 control: what is left of it must not wait for another second half.
    expect(filtered("\x9bc\x9bc", "\xc2")).toBe("\x18\x9bc");
    expect(filtered("\x9b1mok", "\xc2")).toBe("\x9b1mok");
  });

  it("sees a question through characters that terminals skip", () => {
    expect(filtered("\x1bP\x05$qm\x1b\\ok")).toBe("ok");
    expect(filtered("\x1b[\x7fcok")).toBe("ok");
    expect(filtered("\x1b]11;\x01?\x07ok")).toBe("ok");
    expect(filtered("\x1b]0;a\x01b\x07ok")).toBe("\x1b]0;a\x01b\x07ok");
  });

  it("holds a bounded number of bytes", () => {
    for (const start of ["\x1b]52;c;", "\x1b]4;", "\x1b_G", "\x1b[", "\x1bP"]) {
      const filter = new QueryFilter(NO_TAIL);
      const stream = bytesOf(start + "1;".repeat(10_000));
      let out = 0;
      for (const byte of stream) out += filter.push(Uint8Array.of(byte)).length;
      expect(stream.length - out).toBeLessThanOrEqual(MAX_HELD_BYTES);
      expect(out + filter.flush().length).toBe(stream.length);
    }
  });

  it("hands over what it holds when the client takes the lead", () => {
    const filter = new QueryFilter(NO_TAIL);
    expect(latin1(filter.push(bytesOf("a\x1b[6")))).toBe("a");
    expect(latin1(filter.flush())).toBe("\x1b[6");
  });

  it("changes nothing but questions in what real programs write", () => {
    const folder = new URL("../../../../fixtures/recordings/", import.meta.url);
    for (const name of readdirSync(folder)) {
      const stream = new Uint8Array(readFileSync(new URL(name, folder)));
      const all = createTestTerminal();
      const some = createTestTerminal();
      all.feed(stream);
      const filter = new QueryFilter(NO_TAIL);
      for (let at = 0; at < stream.length; at += 997) some.feed(filter.push(stream.subarray(at, at + 997)));
      const lines = (terminal: typeof all) =>
        Array.from({ length: 24 }, (_, y) =>
          terminal.terminal.buffer.active.getLine(y)?.translateToString(true),
        );
      expect(lines(some), name).toEqual(lines(all));
    }
  });
});

describe("a list of colours that is longer than any other question", () => {
  const colors = Array.from({ length: 400 }, (_, at) => `${at % 256};rgb:11/22/33`).join(";");
  const filtered = (text: string) => {
    const filter = new QueryFilter(new Uint8Array(0));
    return [...text].map((each) => Buffer.from(filter.push(Buffer.from(each))).toString("latin1")).join("");
  };

  it("is let through when it asks nothing", () => {
    const text = `a\u001b]4;${colors}\u0007b`;
    expect(filtered(text)).toBe(text);
  });

  it.each(["\u0007", "\u001b\\"])("asks nothing, wherever in it the question stands (%j)", (end) => {
    const early = filtered(`a\u001b]4;7;?;${colors}${end}b`);
    expect(early).toBe("ab");
    const late = filtered(`a\u001b]4;${colors};7;?${end}b`);
    expect(late.startsWith("a\u001b]4;0;rgb")).toBe(true);
    expect(late).not.toContain(`?${end}`);
    expect(late.endsWith("x\u0018\u001b\\b")).toBe(true);
  });

  it("is given up when it never ends", () => {
    const out = filtered(`\u001b]4;${colors.repeat(15)};7;?\u0007b`);
    expect(out).not.toContain("?");
    expect(out.endsWith("b")).toBe(true);
  });
});
