// The parser of a run's markers: every byte that is none comes out, in order, whatever the cuts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NewlineUndo } from "../../../../../daemon/shell/run/newline-undo.js";
import { RunMarkers } from "../../../../../daemon/shell/run/run-marker.js";

const NONCE = "0123456789abcdef0123456789abcdef";
const marker = (body: string, nonce = NONCE) => `\x1b]7717;agentd;${nonce};${body}\x07`;

/** Text in which a marker may begin anywhere, and mostly does not. */
const noise = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "\x1b",
      "\x1b]",
      "\x1b]7717;",
      "\x1b]7717;agentd;",
      marker("end;0", "f".repeat(32)),
      "\x07",
      "\r\n",
      "\r",
    ),
    fc.integer({ min: 1, max: 30 }).map((length) => marker("end;0").slice(0, length)),
  ),
);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

function pieces(text: string, lengths: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text, "latin1");
  const parts: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length] ?? 1;
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}

function parse(text: string, lengths: readonly number[]): { bytes: string; markers: string[] }[] {
  const parser = new RunMarkers(NONCE);
  const spans = [{ bytes: "", markers: [] as string[] }];
  const add = (bytes: Uint8Array) => {
    const last = spans.at(-1);
    if (last !== undefined) last.bytes += Buffer.from(bytes).toString("latin1");
  };
  for (const part of pieces(text, lengths)) {
    for (const piece of parser.push(part)) {
      if (piece.kind === "bytes") add(piece.bytes);
      else spans.push({ bytes: "", markers: [`${piece.word}:${piece.value}`] });
    }
  }
  add(parser.rest());
  return spans;
}

describe("RunMarkers", () => {
  it("finds markers between noise, cut anywhere, and nothing else is lost or changed", () => {
    fc.assert(
      fc.property(noise, noise, noise, cuts, (a, b, c, lengths) => {
        const [before, inside, after] = [a, b, c].map((parts) =>
          Buffer.from(parts.join("")).toString("latin1"),
        );
        const text = `${before}\n${marker("start")}${inside}\n${marker("end;7")}${after}`;
        expect(parse(text, lengths)).toEqual([
          { bytes: `${before}\n`, markers: [] },
          { bytes: `${inside}\n`, markers: ["start:"] },
          { bytes: after, markers: ["end:7"] },
        ]);
      }),
      { seed: 20261121 },
    );
  });

  it("takes a marker's beginning without an end for output", () => {
    const text = `a${marker("x".repeat(100))}b\x1b]7717;agentd;${NONCE};`;
    expect(parse(text, [1000])).toEqual([{ bytes: text, markers: [] }]);
  });
});

describe("NewlineUndo", () => {
  it("gives back what a terminal with ONLCR was given, cut anywhere", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("\r", "\n", "a", "\0")), cuts, (parts, lengths) => {
        const text = parts.join("");
        const undo = new NewlineUndo();
        const back = pieces(text.replaceAll("\n", "\r\n"), lengths).map((part) =>
          Buffer.from(undo.push(part)),
        );
        expect(Buffer.concat([...back, undo.rest()]).toString("latin1")).toBe(text);
      }),
      { seed: 20261121 },
    );
  });
});
