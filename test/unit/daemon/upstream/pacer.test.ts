import { describe, expect, it } from "vitest";
import {
  AGENTCORE_LIMITS,
  LOCAL_LIMITS,
  Pacer,
  type PacerLimits,
} from "../../../../daemon/upstream/pacer.js";
import { Channel } from "../../../../shared/channel.js";
import { framePayload } from "../../../../shared/frame.js";
import { decodeResize } from "../../../../shared/size.js";
import { fc } from "../../../support/property.js";

const MIB = 1024 * 1024;
const size = { cols: 80, rows: 24 };
const ctrlC = Uint8Array.of(3);

function makePacer(limits: PacerLimits = AGENTCORE_LIMITS) {
  const pressure: boolean[] = [];
  const pacer = new Pacer({ limits, size, onPressure: (high) => pressure.push(high) });
  return { pacer, pressure };
}

/** A pacer that is connected, has sent its size, and lets input through. */
function makeLive(limits: PacerLimits = AGENTCORE_LIMITS) {
  const made = makePacer(limits);
  made.pacer.startConnection(0);
  made.pacer.next(0);
  made.pacer.openGate(0, true);
  return made;
}

interface Sent {
  readonly at: number;
  readonly frame: Uint8Array;
}

/** Takes frames from `from` on, waiting when told to, until it is idle or `until` (ms). */
function drain(pacer: Pacer, from: number, until = Number.POSITIVE_INFINITY): Sent[] {
  const sent: Sent[] = [];
  let now = from;
  for (;;) {
    const next = pacer.next(now);
    if (next.kind === "idle") return sent;
    if (next.kind === "frame") sent.push({ at: now, frame: next.frame });
    else if (now + next.delayMs > until) return sent;
    else now += next.delayMs;
  }
}

const inputOf = (sent: Sent[]) =>
  Buffer.concat(
    sent.filter(({ frame }) => frame[0] === Channel.Stdin).map(({ frame }) => framePayload(frame)),
  );

function highestRate(sent: Sent[]): number {
  let highest = 0;
  let start = 0;
  for (let end = 0; end < sent.length; end++) {
    while (sent[end]!.at - sent[start]!.at >= 1000) start += 1;
    highest = Math.max(highest, end - start + 1);
  }
  return highest;
}

describe("Pacer", () => {
  it("keeps the order, loses and doubles nothing, and stays under both limits", () => {
    const event = fc.record({
      afterMs: fc.integer({ min: 0, max: 40 }),
      what: fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ kind: "input" as const, bytes })),
        fc
          .integer({ min: 1000, max: 100_000 })
          .map((length) => ({ kind: "input" as const, bytes: new Uint8Array(length).fill(length % 251) })),
        fc.record({
          kind: fc.constant("resize" as const),
          cols: fc.integer({ min: 1, max: 1000 }),
          rows: fc.integer({ min: 1, max: 1000 }),
        }),
      ),
    });
    const isCtrlC = (bytes: Uint8Array) => bytes.length === 1 && bytes[0] === 3;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const { pacer } = makeLive();
        const expected: Uint8Array[] = [];
        const sent: Sent[] = [];
        let now = 0;
        let newest = size;
        for (const { afterMs, what } of events) {
          sent.push(...drain(pacer, now, now + afterMs));
          now += afterMs;
          if (what.kind === "resize") {
            newest = { cols: what.cols, rows: what.rows };
            pacer.resize(newest);
          } else if (!isCtrlC(what.bytes)) {
            expect(pacer.send(what.bytes, now)).toBe(true);
            expected.push(what.bytes);
          }
        }
        sent.push(...drain(pacer, now));
        expect(inputOf(sent).equals(Buffer.concat(expected))).toBe(true);
        expect(highestRate(sent)).toBeLessThan(250);
        for (const { frame } of sent) expect(frame.length - 1).toBeLessThanOrEqual(32 * 1024);
        const sizes = sent.filter(({ frame }) => frame[0] === Channel.Resize);
        if (sizes.length > 0) expect(decodeResize(framePayload(sizes.at(-1)!.frame))).toEqual(newest);
      }),
      { numRuns: 100 },
    );
  });

  it("sends a 10 MB paste at about 100 frames of 32 KiB per second", () => {
    const { pacer } = makeLive();
    pacer.send(new Uint8Array(10 * MIB).fill(120), 0);
    const sent = drain(pacer, 0);
    expect(inputOf(sent).length).toBe(10 * MIB);
    expect(highestRate(sent)).toBeLessThanOrEqual(151);
    expect(sent.at(-1)!.at).toBeLessThan(4_000);
  });

  it("has no rate for the local runtime, and frames of the protocol's full size", () => {
    const { pacer } = makeLive(LOCAL_LIMITS);
    pacer.send(new Uint8Array(4 * MIB), 0);
    const sent = drain(pacer, 0);
    expect(sent.at(-1)!.at).toBe(0);
    expect(sent[0]!.frame.length).toBe(65_536);
  });

  it("sends a single key at once, even after many", () => {
    const { pacer } = makeLive();
    for (let now = 0; now < 2_000; now += 25) {
      pacer.send(Uint8Array.of(97), now);
      expect(drain(pacer, now).map(({ at }) => at)).toEqual([now]);
    }
  });

  it("lets a lone Ctrl-C overtake and drop an unsent paste", () => {
    const { pacer, pressure } = makeLive();
    pacer.send(new Uint8Array(13 * MIB).fill(120), 0);
    expect(pressure).toEqual([true]);
    drain(pacer, 0, 100);
    expect(pacer.send(ctrlC, 100)).toBe(true);
    expect(pressure).toEqual([true, false]);
    const sent = drain(pacer, 100);
    expect(inputOf(sent)).toEqual(Buffer.from(ctrlC));
    expect(sent[0]!.at).toBeLessThanOrEqual(110);
  });

  it("ends a bracketed paste that a Ctrl-C cuts, so that the program hears the Ctrl-C", () => {
    const { pacer } = makeLive();
    pacer.send(Buffer.from(`\u001b[200~${"x".repeat(5 * MIB)}\u001b[201~`), 0);
    drain(pacer, 0, 50);
    pacer.send(ctrlC, 50);
    expect(inputOf(drain(pacer, 50)).toString("latin1")).toBe("\u001b[201~\u0003");
  });

  it("keeps a few keys before a Ctrl-C in the order typed", () => {
    const { pacer } = makeLive();
    pacer.send(Buffer.from("ab"), 0);
    pacer.send(ctrlC, 0);
    expect(inputOf(drain(pacer, 0)).toString("latin1")).toBe("ab\u0003");
  });

  it("does not take a Ctrl-C inside other input for a lone one", () => {
    const { pacer } = makeLive();
    pacer.send(new Uint8Array(5000).fill(120), 0);
    pacer.send(Uint8Array.of(3, 97), 0);
    expect(inputOf(drain(pacer, 0)).length).toBe(5002);
  });

  it("takes at most 16 MiB, and nothing of what passes that", () => {
    const { pacer, pressure } = makePacer();
    expect(pacer.send(new Uint8Array(16 * MIB), 0)).toBe(true);
    expect(pacer.send(Uint8Array.of(97), 0)).toBe(false);
    expect(pacer.queuedBytes).toBe(16 * MIB);
    expect(pressure).toEqual([true]);
    expect(pacer.send(ctrlC, 0)).toBe(true);
    expect(pacer.queuedBytes).toBe(1);
  });

  it("asks for less input above 12 MiB and for more below 4 MiB, once each", () => {
    const { pacer, pressure } = makeLive(LOCAL_LIMITS);
    for (let i = 0; i < 14; i++) pacer.send(new Uint8Array(MIB), 0);
    expect(pressure).toEqual([true]);
    while (pacer.queuedBytes > 4 * MIB) pacer.next(0);
    expect(pressure).toEqual([true, false]);
    drain(pacer, 0);
    expect(pressure).toEqual([true, false]);
  });

  describe("between connections", () => {
    it("holds input and sends it first when the gate opens for the same shell", () => {
      const { pacer } = makePacer();
      pacer.send(Buffer.from("held "), 0);
      pacer.startConnection(10);
      expect(drain(pacer, 10).map(({ frame }) => frame[0])).toEqual([Channel.Resize]);
      expect(pacer.openGate(20, true)).toBe(0);
      pacer.send(Buffer.from("live"), 20);
      expect(inputOf(drain(pacer, 20)).toString()).toBe("held live");
    });

    it("discards and counts held input for another shell, and lets later input through", () => {
      const { pacer } = makePacer();
      pacer.send(Buffer.from("rm -rf /\r"), 0);
      pacer.startConnection(10);
      expect(pacer.openGate(20, false)).toBe(9);
      pacer.send(Buffer.from("ls"), 20);
      expect(inputOf(drain(pacer, 20)).toString()).toBe("ls");
    });

    it("holds again when the connection is lost, the unsent rest of a paste included", () => {
      const { pacer } = makeLive();
      pacer.send(new Uint8Array(3 * MIB), 0);
      const before = inputOf(drain(pacer, 0, 100)).length;
      pacer.closeGate(100);
      expect(drain(pacer, 100)).toEqual([]);
      pacer.startConnection(500);
      pacer.openGate(500, true);
      expect(before + inputOf(drain(pacer, 500)).length).toBe(3 * MIB);
    });

    it("forgets all held input at a Ctrl-C", () => {
      const { pacer } = makePacer();
      pacer.send(Buffer.from("make\r"), 0);
      pacer.send(ctrlC, 0);
      pacer.startConnection(1);
      pacer.openGate(1, true);
      expect(inputOf(drain(pacer, 1))).toEqual(Buffer.from(ctrlC));
    });

    it("discards held input after two minutes, even for the same shell", () => {
      const { pacer } = makePacer();
      pacer.send(Buffer.from("make\r"), 1_000);
      expect(pacer.openGate(121_001, true)).toBe(5);
    });

    it("sends only the newest of the sizes", () => {
      const { pacer } = makePacer();
      for (let cols = 100; cols < 200; cols++) pacer.resize({ cols, rows: 50 });
      pacer.startConnection(0);
      const sizes = drain(pacer, 0).map(({ frame }) => decodeResize(framePayload(frame)));
      expect(sizes).toEqual([{ cols: 199, rows: 50 }]);
    });
  });

  describe("makes a program draw itself anew", () => {
    const rowsOf = (sent: Sent[]) =>
      sent.map(({ at, frame }) => [at, decodeResize(framePayload(frame))?.rows]);

    it("by a size a row off, and the true one when the program has answered", () => {
      const { pacer } = makeLive();
      pacer.nudge();
      expect(rowsOf(drain(pacer, 1_000, 1_300))).toEqual([[1_000, 23]]);
      expect(pacer.handleOutput()).toBe(true);
      expect(rowsOf(drain(pacer, 1_300))).toEqual([[1_300, 24]]);
      expect(pacer.handleOutput()).toBe(false);
    });

    it("no sooner than a program sees the two as two, however fast it answers", () => {
      const { pacer } = makeLive();
      pacer.nudge();
      drain(pacer, 1_000, 1_001);
      pacer.handleOutput();
      expect(rowsOf(drain(pacer, 1_001))).toEqual([[1_100, 24]]);
    });

    it("or after a second without an answer", () => {
      const { pacer } = makeLive();
      pacer.nudge();
      expect(rowsOf(drain(pacer, 1_000))).toEqual([
        [1_000, 23],
        [2_000, 24],
      ]);
    });

    it("and at once when somebody types, or the window gets another size", () => {
      const { pacer } = makeLive();
      pacer.nudge();
      drain(pacer, 1_000, 1_200);
      pacer.send(Uint8Array.of(0x61), 1_200);
      expect(drain(pacer, 1_200).map(({ at, frame }) => [at, frame[0]])).toEqual([
        [1_200, Channel.Resize],
        [1_200, Channel.Stdin],
      ]);
      pacer.nudge();
      drain(pacer, 3_000, 3_200);
      pacer.resize({ cols: 90, rows: 30 });
      expect(rowsOf(drain(pacer, 3_200))).toEqual([[3_200, 30]]);
    });
  });

  it("sends a size before the key that was typed after it, also soon after another size", () => {
    const { pacer } = makeLive();
    pacer.resize({ cols: 60, rows: 20 });
    pacer.next(50);
    pacer.resize({ cols: 100, rows: 30 });
    pacer.send(new Uint8Array(1), 60);
    expect(drain(pacer, 60).map(({ at, frame }) => [at, frame[0]])).toEqual([
      [60, Channel.Resize],
      [60, Channel.Stdin],
    ]);
  });

  it("sends at most twenty sizes per second while somebody types and drags a window", () => {
    const { pacer } = makeLive();
    let sizes = 0;
    for (let now = 1000; now < 2000; now++) {
      pacer.resize({ cols: 100 + (now % 200), rows: 50 });
      pacer.send(new Uint8Array(1), now);
      for (const { frame } of drain(pacer, now, now)) if (frame[0] === Channel.Resize) sizes++;
    }
    expect(sizes).toBeGreaterThan(9);
    expect(sizes).toBeLessThanOrEqual(21);
  });

  it("sends at most ten sizes per second while a window is dragged", () => {
    const { pacer } = makeLive();
    const sent: Sent[] = [];
    for (let now = 0; now < 1_000; now++) {
      pacer.resize({ cols: 100 + (now % 200), rows: 50 });
      sent.push(...drain(pacer, now, now));
    }
    expect(sent.length).toBeLessThanOrEqual(10);
  });

  it("halves its rate for a minute after a complaint", () => {
    const { pacer } = makeLive();
    pacer.slowDown(0);
    pacer.send(new Uint8Array(8 * MIB), 0);
    const sent = drain(pacer, 0);
    expect(highestRate(sent)).toBeLessThanOrEqual(101);
    expect(inputOf(sent).length).toBe(8 * MIB);
  });

  it("halves its frames after a complaint about their length, but not below 1 KiB", () => {
    const { pacer } = makeLive();
    pacer.shrinkFrames();
    pacer.send(new Uint8Array(20 * 1024), 0);
    expect(drain(pacer, 0).map(({ frame }) => frame.length - 1)).toEqual([16 * 1024, 4 * 1024]);
    for (let i = 0; i < 20; i++) pacer.shrinkFrames();
    pacer.send(new Uint8Array(2048), 10);
    expect(drain(pacer, 10).map(({ frame }) => frame.length - 1)).toEqual([1024, 1024]);
  });
});
