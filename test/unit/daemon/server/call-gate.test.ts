// How many calls pass: at once, in a second, and with which ids.
import { describe, expect, it } from "vitest";
import { CallGate } from "../../../../daemon/server/call-gate.js";

describe("CallGate", () => {
  it("lets 64 calls in at once, and another when one has left", () => {
    const gate = new CallGate(() => 0);
    for (let id = 0; id < 64; id++) gate.enter(id);
    expect(() => gate.enter(64)).toThrowError(expect.objectContaining({ code: "too_busy" }));
    gate.leave(3);
    gate.enter(64);
    expect(gate.inFlight).toBe(64);
  });

  it("refuses an id that is in flight, and tells the string from the number", () => {
    const gate = new CallGate(() => 0);
    gate.enter(1);
    gate.enter("1");
    expect(() => gate.enter(1)).toThrowError(expect.objectContaining({ code: "invalid_request" }));
    gate.leave(1);
    gate.enter(1);
  });

  it("lets 200 calls through at once, then 200 a second", () => {
    let now = 0;
    const gate = new CallGate(() => now);
    const passed = (tries: number) => {
      let count = 0;
      for (let call = 0; call < tries; call++) {
        try {
          gate.count();
          count++;
        } catch {
          // Refused: not counted.
        }
      }
      return count;
    };
    expect(passed(500)).toBe(200);
    now += 500;
    expect(passed(500)).toBe(100);
    now += 3_600_000;
    expect(passed(500)).toBe(200);
  });
});
