// The prefix key: its three encodings, its commands, split reads, pastes, and everything that must pass untouched.

import { describe, expect, it } from "vitest";
import { type KeyEvent, PrefixKey } from "../../../../client/attach/prefix-key.js";
import { fc } from "../../../support/property.js";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** Events as one readable string: text as it is, commands in angle brackets. */
function read(events: readonly KeyEvent[]): string {
  return events
    .map((event) =>
      event.kind === "text" ? Buffer.from(event.bytes).toString("latin1") : `<${event.command}>`,
    )
    .join("");
}

function type(text: string, options: Partial<ConstructorParameters<typeof PrefixKey>[0]> = {}): string {
  const keys = new PrefixKey({ prefix: 0x1d, ...options });
  const events = keys.push(bytes(text));
  // What is held at the end is a key of its own, as the timer would say.
  return read([...events, ...(keys.waitMs === undefined || options.loneDetaches ? [] : keys.timeout())]);
}

describe("PrefixKey", () => {
  it.each([
    ["d", "<detach>"],
    [".", "<leave>"],
    ["?", "<help>"],
    ["r", "<redraw>"],
    ["t", "<take>"],
    ["\x1d", "\x1d"],
    ["x", ""],
    ["\x1b", ""],
    ["\x1b[A", ""],
    ["é", ""],
  ])("turns prefix and %j into %j, and what follows is text", (key, expected) => {
    const keyBytes = Buffer.from(key, "utf8").toString("latin1");
    const rest = key === "\x1b" ? "" : "after";
    expect(type(`before\x1d${keyBytes}${rest}`)).toBe(`before${expected}${rest}`);
  });

  it.each([
    ["kitty", "\x1b[93;5u"],
    ["kitty with event type", "\x1b[93;5:1u"],
    ["kitty repeating", "\x1b[93;5:2u"],
    ["kitty with Num Lock and Caps Lock", "\x1b[93;197u"],
    ["kitty with alternate keys", "\x1b[43::93;5u"],
    ["kitty with text", "\x1b[93;5;29u"],
    ["xterm modifyOtherKeys", "\x1b[27;5;93~"],
  ])("knows the prefix as %s", (_name, prefix) => {
    expect(type(`a${prefix}db`)).toBe("a<detach>b");
    // Twice sends it through as the terminal spelled it.
    expect(type(`a${prefix}${prefix}b`)).toBe(`a${prefix}b`);
    expect(type(`${prefix}\x1b[100u`)).toBe("<detach>");
    expect(type(`${prefix}\x1b[47;2u`)).toBe("<help>");
    expect(type(`${prefix}\x1b[27;1;100~`)).toBe("<detach>");
  });

  it("does not take other keys of the same protocols for the prefix", () => {
    for (const key of [
      "\x1b[93u",
      "\x1b[93;3u",
      "\x1b[93;7u",
      "\x1b[94;5u",
      "\x1b[27;5;94~",
      "\x1b[27;3;93~",
      "\x1b[3~",
    ]) {
      expect(type(`${key}d`)).toBe(`${key}d`);
    }
  });

  it("swallows releases of the prefix and of modifiers while it waits for the command", () => {
    expect(type("\x1b[93;5:1u\x1b[93;5:3u\x1b[57442;1:3ud")).toBe("<detach>");
  });

  it("lets mouse, focus and the terminal's answers pass while it waits for the command", () => {
    for (const report of ["\x1b[<35;10;5M", "\x1b[I", "\x1b[O", "\x1b[?62;22c", "\x1b[M !!"]) {
      expect(type(`\x1d${report}d`)).toBe(`${report}<detach>`);
    }
  });

  it("treats everything inside a bracketed paste as text", () => {
    const paste = "\x1b[200~one\x1ddtwo\x1b[93;5ud\x1b[201~";
    expect(type(`${paste}\x1dd`)).toBe(`${paste}<detach>`);
  });

  it("is not fooled by an end marker that starts twice", () => {
    const paste = "\x1b[200~\x1b\x1b[201\x1b[201~";
    expect(type(`${paste}\x1dd`)).toBe(`${paste}<detach>`);
  });

  it("holds back nothing but an unfinished sequence, and gives it up when nothing follows", () => {
    const keys = new PrefixKey({ prefix: 0x1d });
    expect(read(keys.push(bytes("ab\x1b")))).toBe("ab");
    expect(keys.waitMs).toBe(15);
    expect(read(keys.timeout())).toBe("\x1b");
    expect(keys.waitMs).toBeUndefined();
    expect(read(keys.push(bytes("\x1b[9")))).toBe("");
    expect(keys.waitMs).toBe(100);
    expect(read(keys.push(bytes("3;5ud")))).toBe("<detach>");
    expect(keys.waitMs).toBeUndefined();
  });

  it("gives up a sequence that is too long to be a key", () => {
    const long = `\x1b[${"1;".repeat(60)}`;
    expect(type(`${long}u\x1dd`)).toBe(`${long}u<detach>`);
  });

  it("detaches on a lone prefix with the keys of agentcore, when the time is over", () => {
    const keys = new PrefixKey({ prefix: 0x1d, loneDetaches: true });
    expect(keys.push(bytes("\x1d"))).toEqual([]);
    expect(keys.waitMs).toBe(500);
    expect(read(keys.timeout())).toBe("<detach>");
    expect(keys.waitMs).toBeUndefined();
    // A second key in time is a command as ever.
    expect(read(keys.push(bytes("\x1dr")))).toBe("<redraw>");
    expect(keys.waitMs).toBeUndefined();
  });

  it("waits for ever behind the prefix otherwise", () => {
    const keys = new PrefixKey({ prefix: 0x1d });
    keys.push(bytes("\x1d"));
    expect(keys.waitMs).toBeUndefined();
    expect(keys.timeout()).toEqual([]);
    expect(read(keys.push(bytes("d")))).toBe("<detach>");
  });

  it("knows other prefixes", () => {
    expect(type("\x02d", { prefix: 2 })).toBe("<detach>");
    expect(type("\x1b[98;5ud", { prefix: 2 })).toBe("<detach>");
    expect(type("\x1b[27;5;97~d", { prefix: 1 })).toBe("<detach>");
    expect(type("\x1dd\x02", { prefix: 1 })).toBe("\x1dd\x02");
  });

  it("passes everything when there is no prefix", () => {
    expect(type("a\x1dd\x1b[93;5u\x1b", { prefix: undefined })).toBe("a\x1dd\x1b[93;5u\x1b");
  });

  const piece = fc.constantFrom(
    ..."d.?rtx[~u;0123456789:M<ÿ\x03",
    "\x1d",
    "\x1b",
    "\x1b[93;5u",
    "\x1b[27;5;93~",
    "\x1b[200~",
    "\x1b[201~",
    "\x1b[A",
    "\x1b[<0;1;1M",
    "\x1b[M !!",
    "\x1b[93;5:3u",
    "some text",
  );

  it("gives the same events however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(12), { maxLength: 60 }),
        (pieces, cuts) => {
          const whole = bytes(pieces.join(""));
          const one = new PrefixKey({ prefix: 0x1d });
          const expected = read(one.push(whole));
          const many = new PrefixKey({ prefix: 0x1d });
          let at = 0;
          let got = "";
          for (const cut of cuts) {
            got += read(many.push(whole.subarray(at, at + cut)));
            at += cut;
          }
          got += read(many.push(whole.subarray(at)));
          expect(got).toBe(expected);
          expect(read(many.timeout())).toBe(read(one.timeout()));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("changes no byte of input without the prefix", () => {
    const other = fc.uint8Array({ maxLength: 200 }).filter((data) => !data.includes(0x1d));
    fc.assert(
      fc.property(other, (data) => {
        const keys = new PrefixKey({ prefix: 0x1d });
        const text = Buffer.from(data).toString("latin1");
        fc.pre(!/\x1b\[[\d:;]*[u~]/.test(text));
        expect(read([...keys.push(data), ...keys.timeout()])).toBe(text);
      }),
    );
  });
});
