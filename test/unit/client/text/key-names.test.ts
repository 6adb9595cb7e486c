// Key names as tmux spells them.

import { describe, expect, it } from "vitest";
import { keyText, namedKey, pasteText } from "../../../../client/text/key-names.js";
import { fc } from "../../../support/property.js";

describe("keyText", () => {
  it.each([
    ["Enter", "\r"],
    ["enter", "\r"],
    ["Space", " "],
    ["Tab", "\t"],
    ["BTab", "\x1b[Z"],
    ["S-Tab", "\x1b[Z"],
    ["Escape", "\x1b"],
    ["BSpace", "\x7f"],
    ["C-c", "\x03"],
    ["C-C", "\x03"],
    ["^C", "\x03"],
    ["^[", "\x1b"],
    ["C-]", "\x1d"],
    ["C-@", "\0"],
    ["C-Space", "\0"],
    ["C-?", "\x7f"],
    ["M-x", "\x1bx"],
    ["M-Enter", "\x1b\r"],
    ["C-M-a", "\x1b\x01"],
    ["M-C-a", "\x1b\x01"],
    ["S-a", "A"],
    ["M-é", "\x1bé"],
    ["Up", "\x1b[A"],
    ["Down", "\x1b[B"],
    ["Right", "\x1b[C"],
    ["Left", "\x1b[D"],
    ["Home", "\x1b[H"],
    ["End", "\x1b[F"],
    ["S-Up", "\x1b[1;2A"],
    ["C-Left", "\x1b[1;5D"],
    ["M-C-S-Right", "\x1b[1;8C"],
    ["PageUp", "\x1b[5~"],
    ["PPage", "\x1b[5~"],
    ["NPage", "\x1b[6~"],
    ["IC", "\x1b[2~"],
    ["DC", "\x1b[3~"],
    ["C-DC", "\x1b[3;5~"],
    ["F1", "\x1bOP"],
    ["S-F1", "\x1b[1;2P"],
    ["F5", "\x1b[15~"],
    ["F12", "\x1b[24~"],
    ["C-F5", "\x1b[15;5~"],
  ])("types %s", (name, text) => expect(keyText(name)).toBe(text));

  it.each([
    "ls -l",
    "c",
    "C-",
    "C-é",
    "X-a",
    "Enterprise",
    "",
    "F13",
    "constructor",
    "C-constructor",
    "^",
    "C-cc",
    "--",
    "a-b",
  ])("leaves %j as text", (text) => expect(keyText(text)).toBe(text));

  it("never throws, and names at most a short sequence", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect((namedKey(text) ?? "").length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe("pasteText", () => {
  it("pastes line ends as a terminal does", () => {
    expect(pasteText("a\nb\r\nc\td\r", true)).toBe("\x1b[200~a\rb\rc\td\r\x1b[201~");
    expect(pasteText("a\nb", false)).toBe("a\rb");
  });

  it("lets nothing out that could end the paste early or press a key", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("\x1b", "[", "2", "0", "1", "~", "\x03", "\x9b", "x", "\n") }),
        (text) => {
          const inner = pasteText(text, true).slice(6, -6);
          expect(inner).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/);
        },
      ),
    );
  });
});
