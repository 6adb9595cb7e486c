import { describe, expect, it } from "vitest";
import { MAX_TAIL_BYTES, SequenceTail } from "../../../../../daemon/terminal/stream/sequence-tail.js";
import { WholeCharacters } from "../../../../../daemon/terminal/stream/whole-characters.js";
import { fc } from "../../../../support/property.js";
import { createTestTerminal, type TestTerminal } from "../../../../support/test-terminal.js";

const encoder = new TextEncoder();

function tailOf(...chunks: (string | Uint8Array)[]): string {
  const tail = new SequenceTail();
  for (const chunk of chunks) tail.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  return Buffer.from(tail.bytes).toString("latin1");
}

interface ParserInternals {
  currentState: number;
  _collect: number;
  _params: { toArray(): unknown };
  _oscParser: { _state: number; _id: number };
}

/** Everything that decides what the parser makes of the next bytes. */
function parserOf({ terminal }: TestTerminal): unknown {
  const parser = (terminal as unknown as { _core: { _inputHandler: { _parser: ParserInternals } } })._core
    ._inputHandler._parser;
  const isOsc = parser.currentState === 8;
  return {
    state: parser.currentState,
    // Leftovers of a finished sequence do not count: every introducer clears them.
    ...([0, 6, 7].includes(parser.currentState) || isOsc
      ? {}
      : { collect: parser._collect, params: parser._params.toArray() }),
    ...(isOsc ? { osc: [parser._oscParser._state, parser._oscParser._id] } : {}),
  };
}

/** Bytes as terminals get them, with everything that makes sequences end early. */
const piece = fc.constantFrom(
  ...'\x1b [ ] P _ ^ X ( # ? > < = ! $ " 0 1 8 ; : m H q p t c ~ \\ \x07 \x18 \x1a \r \n \x05 \x00 \x7f a Z é 漢 😀 \u009b \u009d \u0090 \u009c \u0085 \u00a0'
    .split(" ")
    .map((text) => encoder.encode(text)),
  Uint8Array.of(0x20),
  Uint8Array.of(0xe6),
  Uint8Array.of(0xc2),
  Uint8Array.of(0x80),
  Uint8Array.of(0xf0, 0x9f),
  Uint8Array.of(0xff),
  encoder.encode("\x1b[38;5;1"),
  encoder.encode("\x1b]0;ti"),
  encoder.encode("\x1bP$q"),
);

describe("SequenceTail", () => {
  it("is empty between sequences", () => {
    expect(tailOf("plain \x1b[31mred\x1b]0;t\x07\x1bP1$r0m\x1b\\ 漢\r\n")).toBe("");
  });

  it.each([
    ["\x1b", "\x1b"],
    ["text\x1b[38;5", "\x1b[38;5"],
    ["\x1b[3\r\n1", "\x1b[31"],
    ["\x1b[3\x1b]2;ti", "\x1b]2;ti"],
    ["\x1b]2;title\x1b", "\x1b"],
    ["\x1bPq#0\x0a1", "\x1bPq#0\x0a1"],
    ["\x1b_Ga=t;AAAA", "\x1b_Ga=t;AAAA"],
    ["\x1b(", "\x1b("],
    ["\x1b[31\x18", ""],
    ["\x1b]0;x\x1a", ""],
  ])("keeps of %j exactly %j", (stream, expected) => {
    expect(tailOf(stream)).toBe(expected);
  });

  it("keeps the first bytes of a character, alone or in a string", () => {
    expect(tailOf(Uint8Array.of(0x61, 0xe6, 0xbc))).toBe("\xe6\xbc");
    expect(tailOf("\x1b]0;", Uint8Array.of(0xf0, 0x9f))).toBe("\x1b]0;\xf0\x9f");
    expect(tailOf(Uint8Array.of(0xe6), Uint8Array.of(0xbc), Uint8Array.of(0xa2))).toBe("");
  });

  it("brings a parser into the same state at every cut of any stream, and prints nothing", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const stream = Uint8Array.from(pieces.flatMap((bytes) => [...bytes]));
        const all = createTestTerminal(20, 4, 0);
        const resumed = createTestTerminal(20, 4, 0);
        const tail = new SequenceTail();
        const whole = new WholeCharacters();
        for (const byte of stream) {
          tail.push(Uint8Array.of(byte));
          all.feed(whole.push(Uint8Array.of(byte)));
        }
        resumed.feed(new WholeCharacters().push(tail.bytes));
        expect(parserOf(resumed)).toEqual(parserOf(all));
        expect(resumed.terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("");
        expect([resumed.state.active.x, resumed.state.active.y]).toEqual([0, 0]);
        const atOnce = new SequenceTail();
        atOnce.push(stream);
        expect(atOnce.bytes).toEqual(tail.bytes);
      }),
      { numRuns: 1500 },
    );
  });

  it("holds no more than its bound, and still leads into a string of the same kind", () => {
    for (const start of ["\x1b]52;c;", "\x1bPq", "\x1b_G", "\x1b[1;"]) {
      const tail = new SequenceTail();
      tail.push(encoder.encode(start));
      for (let i = 0; i < 30; i++) tail.push(new Uint8Array(5000).fill(0x31));
      expect(tail.bytes.length).toBeLessThanOrEqual(MAX_TAIL_BYTES);
      const resumed = createTestTerminal();
      resumed.feed(tail.bytes);
      resumed.feed(start === "\x1b[1;" ? "mok" : "11\x1b\\ok");
      expect(resumed.terminal.buffer.active.getLine(0)?.translateToString(true)).toBe("ok");
      tail.push(encoder.encode("\x1b\\"));
      expect(tail.bytes.length).toBe(0);
    }
  });
});
