// The page's decisions without a page: keys, pastes, order, addresses, receipts, waits.

import { describe, expect, it } from "vitest";
import { StickyKey, withAlt, withCtrl } from "../../../../client/web/keys/sticky-key.js";
import { DoorClosed } from "../../../../client/web/link/door.js";
import { endingOf } from "../../../../client/web/link/ending.js";
import { ReadReceipts } from "../../../../client/web/link/read-receipts.js";
import { busyText } from "../../../../client/web/link/reconnect-wait.js";
import { RetryDelays } from "../../../../client/web/link/retry-delays.js";
import { SocketClosed } from "../../../../client/web/link/rpc-socket.js";
import { isTerminalAnswer } from "../../../../client/web/link/terminal-answer.js";
import { contrast, readable } from "../../../../client/web/list/contrast.js";
import { agoText, freeName, toneOf, visibleShells } from "../../../../client/web/list/shell-order.js";
import { parseRoute, routeHash, takeKey } from "../../../../client/web/route.js";
import { pasteQuestion } from "../../../../client/web/terminal/pasted-text.js";
import { isPlainAddress, webAddress } from "../../../../client/web/terminal/web-address.js";
import { cleanPaste } from "../../../../shared/clean-paste.js";
import type { ShellInfo } from "../../../../shared/rpc.js";
import { SHELL } from "../../../support/fake-daemon.js";
import { fc } from "../../../support/property.js";

const named = (name: string, more: Partial<ShellInfo> = {}): ShellInfo => ({ ...SHELL, name, ...more });

describe("addresses", () => {
  it("name a shell, and nothing that is no name", () => {
    expect(parseRoute("#/shell/work-1.2_x")).toEqual({ view: "shell", name: "work-1.2_x" });
    for (const hash of [
      "",
      "#/",
      "#/shell/",
      "#/shell/a/b",
      "#/shell/..",
      "#/shell/<img>",
      "#/shell/a%20b",
      "#k=abc",
    ])
      expect(parseRoute(hash), hash).toEqual({ view: "list" });
    expect(routeHash({ view: "shell", name: "a" })).toBe("#/shell/a");
  });

  it("give up their key once, and keep nothing of it", () => {
    const key = "A".repeat(43);
    expect(takeKey(`#k=${key}`)).toEqual({ key, rest: "#/" });
    expect(takeKey("#k=short")).toBeUndefined();
    expect(takeKey("#/shell/k=aaaaaaaaaaaaaaaaaaaaaaaa")).toBeUndefined();
  });

  it("are opened only when they lead to the web", () => {
    expect(webAddress("https://example.com/a?b")).toBe("https://example.com/a?b");
    for (const text of [
      "javascript:alert(1)",
      "data:text/html,x",
      "file:///etc/passwd",
      "vscode://x",
      "nothing",
    ])
      expect(webAddress(text), text).toBeUndefined();
  });

  it("are opened without a question only when they are what is read", () => {
    for (const text of ["https://example.com", "https://example.com/a?b#c", "http://[::1]:8080/"])
      expect(isPlainAddress(text), text).toBe(true);
    for (const text of [
      "https://ex\u0430mple.com/",
      "https://google.com@evil.example/",
      "https://google.com:x@evil.example/",
      "https://evil.example\\@google.com/",
      "https://example.com/\u202egpj.exe",
      "https://0x7f.1/",
      "javascript:alert(1)",
    ])
      expect(isPlainAddress(text), text).toBe(false);
  });
});

describe("typing", () => {
  it.each([
    ["c", "\u0003"],
    ["C", "\u0003"],
    ["[", "\u001b"],
    [" ", "\u0000"],
    ["/", "\u001f"],
    ["\u001b[A", "\u001b[1;5A"],
    ["\u001bOD", "\u001b[1;5D"],
    ["é", "é"],
    ["ls", "ls"],
    ["\u001b[5~", "\u001b[5;5~"],
  ])("with Ctrl makes %j into %j", (data, sent) => {
    expect(withCtrl(data)).toBe(sent);
  });

  it.each([
    ["b", "\u001bb"],
    ["é", "\u001bé"],
    ["\u007f", "\u001b\u007f"],
    ["\u001b[C", "\u001b[1;3C"],
    ["\u001bOC", "\u001b[1;3C"],
    ["\u001b[6~", "\u001b[6;3~"],
    ["ls", "ls"],
    [withCtrl("c"), "\u001b\u0003"],
    [withCtrl("\u001b[A"), "\u001b[1;7A"],
  ])("with Alt makes %j into %j", (data, sent) => {
    expect(withAlt(data)).toBe(sent);
  });

  it("holds Ctrl for one key, or until it is pressed a third time", () => {
    const states: string[] = [];
    const ctrl = new StickyKey(withCtrl, (state) => states.push(state));
    ctrl.press();
    expect([ctrl.apply("c"), ctrl.apply("c")]).toEqual(["\u0003", "c"]);
    ctrl.press();
    ctrl.press();
    expect([ctrl.apply("a"), ctrl.apply("b")]).toEqual(["\u0001", "\u0002"]);
    ctrl.press();
    expect(states).toEqual(["once", "off", "once", "locked", "off"]);
  });

  it.each([
    "\u001b[?1;2c",
    "\u001b[>0;276;0c",
    "\u001b[24;80R",
    "\u001b[0n",
    "\u001b[?2026;2$y",
    "\u001b]11;rgb:00/00/00\u001b\\",
    "\u001bP1$r0m\u001b\\",
    "\u001b[I",
    "\u001b[<35;10;5M",
  ])("tells the terminal's own %j from a key", (data) => expect(isTerminalAnswer(data)).toBe(true));

  it.each([
    "a",
    "\r",
    "\u001b",
    "\u001b[A",
    "\u001bOA",
    "\u001b[1;5D",
    "\u001b[15~",
    "\u001b[1;2R",
    "\u001b[200~text\u001b[201~",
    "\u001b[97;5u",
  ])("takes %j for a key", (data) => expect(isTerminalAnswer(data)).toBe(false));
});

describe("a paste", () => {
  it("is asked about when it has several lines, or one that is very long", () => {
    expect(pasteQuestion("one line")).toBeUndefined();
    expect(pasteQuestion("one\n")).toMatchObject({ title: "Paste a line and run it?" });
    expect(pasteQuestion("a\r\nb\rc")).toEqual({ title: "Paste 3 lines?", excerpt: "a\nb\nc" });
    expect(pasteQuestion("x".repeat(200_000))).toMatchObject({ title: "Paste 200,000 characters?" });
    expect(pasteQuestion("echo \u202egpj.\n")?.excerpt).toBe("echo \\u202egpj.\n");
    expect(pasteQuestion("x\n".repeat(50))?.excerpt.split("\n")).toHaveLength(7);
  });

  it("cannot end its own brackets, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (a, b) => {
        expect(cleanPaste(`${a}\u001b[201~${b}\u009b201~`)).not.toMatch(/[\u001b\u0080-\u009f\u0000\u0003]/);
      }),
    );
    expect(cleanPaste("tab\tand\r\nbreak")).toBe("tab\tand\r\nbreak");
  });
});

describe("the list", () => {
  it("stands in the order of names, with what is over last, filtered by every word", () => {
    const shells = [
      named("b10"),
      named("gone", { state: "ended" }),
      named("b9"),
      named("a", { title: "vim Main.ts" }),
    ];
    expect(visibleShells(shells, "").map(({ name }) => name)).toEqual(["a", "b9", "b10", "gone"]);
    expect(visibleShells(shells, "MAIN vim").map(({ name }) => name)).toEqual(["a"]);
    expect(visibleShells(shells, "main b9")).toEqual([]);
  });

  it("takes a state that it does not know for one that needs a person", () => {
    expect(toneOf({ state: "tomorrow" as ShellInfo["state"] })).toBe("care");
  });

  it("offers a name that is free", () => {
    expect(freeName(new Set())).toBe("shell");
    expect(freeName(new Set(["shell", "shell-2"]))).toBe("shell-3");
  });

  it("says how long ago in one unit", () => {
    expect([0, 9999, 42_000, 125_000, 7_260_000, 90_000_000].map(agoText)).toEqual([
      "now",
      "now",
      "42s",
      "2m",
      "2h",
      "1d",
    ]);
  });
});

describe("the link", () => {
  it("says in the daemon's words why it has to wait", () => {
    expect(busyText(new SocketClosed(1013, "32 sockets are open \u00b7 close a tab"))).toBe(
      "32 sockets are open \u00b7 close a tab",
    );
    expect(busyText(new SocketClosed(1013, "a\u001b\u202eb"))).toBe("a^[\\u202eb");
    expect(busyText(new SocketClosed(1013))).toBe("agentd is busy");
    expect(busyText(new DoorClosed("busy"))).toBe("too many attempts");
    for (const error of [new SocketClosed(1006), new DoorClosed("unreachable"), new Error("x")])
      expect(busyText(error)).toBeUndefined();
  });

  it("acknowledges exactly what was parsed, and never keeps 32 KiB to itself", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 65_535 })), (sizes) => {
        let told = 0;
        const receipts = new ReadReceipts((payload) => {
          told += new DataView(payload.buffer).getUint32(0);
        });
        let parsed = 0;
        for (const size of sizes) {
          receipts.parsed(size);
          parsed += size;
          expect(parsed - told).toBeGreaterThanOrEqual(0);
          expect(parsed - told).toBeLessThan(32 * 1024);
        }
      }),
    );
  });

  it("waits longer and longer up to 5 s, and starts again after a success", () => {
    const delays = new RetryDelays(() => 0);
    expect(Array.from({ length: 7 }, () => delays.next())).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    delays.reset();
    expect(delays.next()).toBe(250);
    expect(new RetryDelays(() => 1).next()).toBe(200);
  });

  it("ends with the shell, or when it was taken or detached; a daemon that restarts is no end", () => {
    const exit = { kind: "code", exitCode: 2 } as const;
    expect(endingOf("w", { kind: "ended", exit, durationMs: 61_000 })).toEqual({
      tone: "failed",
      title: "w exited · 2",
      text: "after 1m1s",
      again: false,
    });
    expect(endingOf("w", { kind: "detached", reason: "restarting" })).toBeUndefined();
    expect(endingOf("w", { kind: "detached", reason: "taken" })).toMatchObject({ tone: "cut", again: true });
    expect(endingOf("w", { kind: "skipped", bytes: 5 })).toBeUndefined();
  });
});

describe("letters of a preview", () => {
  it("keep their colour where it can be read, and else take one that can", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
    expect(readable("#2f7030", "#fdfdfc", ["#000000"])).toBe("#2f7030");
    // The keys of htop in the light: black on dark cyan.
    expect(readable("#2a2d33", "#0b6e78", ["#2a2d33", "#fdfdfc"])).toBe("#fdfdfc");
    expect(readable("rgb(255 255 255)", "#ffffff", ["rgb(0 0 0)"])).toBe("rgb(0 0 0)");
  });
});
