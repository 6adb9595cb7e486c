import { describe, expect, it } from "vitest";
import { InputEvidence } from "../../../shared/input-evidence.js";
import { fc } from "../../support/property.js";

describe("InputEvidence", () => {
  it("proves what was sent before the ping that was answered, and nothing after it", () => {
    const evidence = new InputEvidence();
    evidence.sent(3);
    const first = evidence.mark();
    evidence.sent(5);
    expect(evidence.inDoubt).toBe(8);
    evidence.proved(first);
    expect(evidence.inDoubt).toBe(5);
    evidence.provedAll();
    expect(evidence.inDoubt).toBe(0);
  });

  it("takes the answer to the newest ping for all before it, and ignores answers to nothing", () => {
    const evidence = new InputEvidence();
    evidence.sent(1);
    evidence.mark();
    evidence.sent(1);
    const newest = evidence.mark();
    evidence.proved(0);
    expect(evidence.inDoubt).toBe(2);
    evidence.proved(newest);
    expect(evidence.inDoubt).toBe(0);
  });

  it("never counts less than what is unproved, however many pings stay unanswered", () => {
    const step = fc.oneof(
      fc.record({ send: fc.nat(1000) }),
      fc.constant("ping" as const),
      fc.record({ answer: fc.nat(200) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const evidence = new InputEvidence();
        const pings: { id: number; before: number }[] = [];
        let sent = 0;
        let proved = 0;
        for (const what of steps) {
          if (what === "ping") pings.push({ id: evidence.mark(), before: sent });
          else if ("send" in what) {
            evidence.sent(what.send);
            sent += what.send;
          } else {
            const ping = pings[what.answer % Math.max(1, pings.length)];
            if (ping === undefined) continue;
            evidence.proved(ping.id);
            proved = Math.max(proved, ping.before);
          }
          expect(evidence.inDoubt).toBeGreaterThanOrEqual(sent - proved);
          expect(evidence.inDoubt).toBeLessThanOrEqual(sent);
        }
      }),
    );
  });

  it("takes a pong to a ping that was never sent for no proof", () => {
    const evidence = new InputEvidence();
    evidence.sent(5);
    const id = evidence.mark();
    evidence.proved(id + 1);
    evidence.proved(0xffffffff);
    expect(evidence.inDoubt).toBe(5);
    evidence.proved(id);
    expect(evidence.inDoubt).toBe(0);
  });
});
