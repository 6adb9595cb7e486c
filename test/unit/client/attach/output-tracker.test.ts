// What the client knows of the screen that it draws on.

import { describe, expect, it } from "vitest";
import { OutputTracker } from "../../../../client/attach/output-tracker.js";
import { fc } from "../../../support/property.js";

const seen = (text: string) => {
  const tracker = new OutputTracker();
  tracker.push(Buffer.from(text));
  return { alternate: tracker.alternate, origin: tracker.origin, atGround: tracker.atGround };
};

describe("OutputTracker", () => {
  it.each([
    "\x1b[?1049h",
    "\x1b[?1047h",
    "\x1b[?47h",
    "\x1b[?25;1049h",
    "\x1b]2;title\x1b[?1049h",
    "text\x1b[31m\x1b[?1049hmore",
  ])("sees the alternate screen in %j", (text) => expect(seen(text).alternate).toBe(true));

  it.each([
    "",
    "\x1b[1049h",
    "\x1b[?1049h\x1b[?1049l",
    "\x1b[?1049h\x1bc",
    "\x1b]2;[?1049h",
    "\x1bP\x1b",
    "\x1b[?1049$p",
  ])("sees the main screen in %j", (text) => expect(seen(text).alternate).toBe(false));

  it("sees origin mode", () => {
    expect(seen("\x1b[?6h").origin).toBe(true);
    expect(seen("\x1b[?6h\x1b[?6l").origin).toBe(false);
    expect(seen("\x1b[?6h\x1bc").origin).toBe(false);
  });

  it("sees what a soft reset resets, and what it leaves", () => {
    expect(seen("\x1b[?6h\x1b[!p").origin).toBe(false);
    expect(seen("\x1b[?1049h\x1b[!p").alternate).toBe(true);
    const asked = ["\x1b[?6$p", '\x1b[61"p', "\x1b[?!p"];
    for (const text of asked) expect(seen(`\x1b[?6h${text}`).origin, JSON.stringify(text)).toBe(true);
  });

  it.each(["\x1b", "\x1b[", "\x1b[3", "\x1b]0;title", "\x1bPq", "\x1b(", "\x1b]8;;http://x"])(
    "is not at ground inside %j",
    (text) => expect(seen(text).atGround).toBe(false),
  );

  it.each([
    "",
    "x",
    "日本",
    "\x1b[31m",
    "\x1b]0;t\x07",
    "\x1b]0;t\x1b\\",
    "\x1bPq\x1b\\",
    "\x1b(B",
    "\x1b7",
    "\x1b[3\x18",
  ])("is at ground behind %j", (text) => expect(seen(text).atGround).toBe(true));

  it("is not at ground inside a character", () => {
    const character = Buffer.from("日");
    for (const bytes of [character.subarray(0, 1), character.subarray(0, 2)]) {
      const tracker = new OutputTracker();
      tracker.push(Buffer.concat([Buffer.from("text"), bytes]));
      expect(tracker.atGround).toBe(false);
      tracker.push(character.subarray(bytes.length));
      expect(tracker.atGround).toBe(true);
    }
  });

  it("is not at ground inside a character that comes byte by byte", () => {
    for (const text of ["é", "日", "📦"]) {
      const tracker = new OutputTracker();
      const bytes = Buffer.from(text);
      for (const [at, byte] of bytes.entries()) {
        tracker.push(Buffer.of(byte));
        expect(tracker.atGround, `${text} ${at}`).toBe(at === bytes.length - 1);
      }
    }
  });

  it("knows the same however the output is cut", () => {
    const piece = fc.constantFrom(
      "a",
      "日",
      "📦",
      "\n",
      "\x1b",
      "[",
      "?",
      "1049",
      "6",
      "h",
      "l",
      "\x1b[?1049h",
      "\x1b[?1049l",
      "\x1b]0;t",
      "\x07",
      "\x1b\\",
      "\x18",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat(5), { maxLength: 60 }),
        (pieces, cuts) => {
          const text = pieces.join("");
          const tracker = new OutputTracker();
          const bytes = Buffer.from(text);
          let at = 0;
          for (const cut of cuts) {
            tracker.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          tracker.push(bytes.subarray(at));
          expect({
            alternate: tracker.alternate,
            origin: tracker.origin,
            atGround: tracker.atGround,
          }).toEqual(seen(text));
        },
      ),
    );
  });
});
