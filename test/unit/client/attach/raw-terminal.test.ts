// The user's terminal while attached: what is written when, around the moment in which its driver is made exact.
import builtin, { closeSync, openSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  RawTerminal,
  type TerminalHandlers,
  type TerminalStreams,
} from "../../../../client/attach/raw-terminal.js";

let nowhere: number;
let events: string[];
let finish: () => void;
let terminal: RawTerminal;

const text = (value: string) => new TextEncoder().encode(value);

beforeEach(() => {
  nowhere = openSync("/dev/null", "w");
  events = [];
  const stdin = Object.assign(new PassThrough(), {
    fd: nowhere,
    setRawMode: (on: boolean) => events.push(on ? "raw" : "cooked"),
  });
  const stdout = {
    fd: nowhere,
    columns: 80,
    rows: 24,
    writableLength: 0,
    writableNeedDrain: false,
    on: () => {},
    off: () => {},
    write: (bytes: Uint8Array) => {
      events.push(`wrote ${new TextDecoder().decode(bytes)}`);
      return true;
    },
  };
  const discipline = {
    makeExact: (_fd: number, done: () => void) => {
      events.push("exact asked");
      finish = done;
    },
    stop: () => void events.push("stopped"),
  };
  terminal = new RawTerminal({ stdin, stdout, discipline } as unknown as TerminalStreams);
  const handlers: TerminalHandlers = {
    onInput: () => {},
    onHangup: () => {},
    onResize: () => {},
    onDrain: () => events.push("drain"),
    onContinue: () => {},
  };
  terminal.start(handlers);
});

afterEach(async () => {
  await terminal.restore();
  closeSync(nowhere);
});

it("writes the first screen at once, and holds what follows until the driver is exact", () => {
  expect(terminal.write(text("screen"))).toBe(true);
  terminal.makeExact();
  expect(terminal.isIdle).toBe(true);
  const bytes = text("one");
  expect(terminal.write(bytes)).toBe(false);
  bytes.fill(0);
  expect(terminal.write(text("two"))).toBe(false);
  expect(terminal.isIdle).toBe(false);
  expect(events).toEqual(["raw", "wrote screen", "exact asked"]);
  finish();
  expect(events.slice(3)).toEqual(["wrote one", "wrote two", "drain"]);
  expect(terminal.write(text("three"))).toBe(true);
  expect(events.at(-1)).toBe("wrote three");
});

it("asks once, however often the screen is drawn", () => {
  terminal.makeExact();
  terminal.makeExact();
  finish();
  terminal.makeExact();
  expect(events.filter((event) => event === "exact asked")).toHaveLength(1);
});

it("writes what was held before it gives the terminal back, and changes nothing behind that", async () => {
  terminal.makeExact();
  terminal.write(text("last words"));
  await terminal.restore();
  expect(events.slice(2)).toEqual(["wrote last words", "stopped", "cooked"]);
});

it("ends with its status after a crash also where nobody reads the reason any more", () => {
  const listeners = process.listeners("uncaughtException");
  const crash = listeners.at(-1) as (error: Error) => void;
  const fs = builtin as { writeSync: typeof builtin.writeSync };
  const { writeSync } = fs;
  fs.writeSync = ((fd: number, ...rest: [string]) => {
    if (fd === 2) throw Object.assign(new Error("hung up"), { code: "EIO" });
    return writeSync(fd, ...rest);
  }) as typeof writeSync;
  syncBuiltinESMExports();
  const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
  try {
    crash(new Error("whatever"));
    expect(exit).toHaveBeenCalledWith(254);
  } finally {
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
    exit.mockRestore();
  }
});
