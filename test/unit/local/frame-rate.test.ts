// The sliding window: exactly the limit fits into any window.

import { describe, expect, it } from "vitest";
import { FrameRate } from "../../../daemon/local/frame-rate.js";
import { fc } from "../../support/property.js";

describe("FrameRate", () => {
  it("admits 250 in a second, refuses the 251st, and admits again a second after the first", () => {
    const rate = new FrameRate(250, 1000);
    for (let i = 0; i < 250; i++) expect(rate.admit(i)).toBe(true);
    expect(rate.admit(999)).toBe(false);
    expect(new FrameRate(1, 1000).admit(0)).toBe(true);
  });

  it("admits a frame exactly when fewer than the limit came within the window before it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { maxLength: 200 }),
        fc.integer({ min: 1, max: 10 }),
        (gaps, limit) => {
          const rate = new FrameRate(limit, 100);
          const times: number[] = [];
          let now = 0;
          for (const gap of gaps) {
            now += gap;
            const recent = times.filter((time) => now - time < 100).length;
            expect(rate.admit(now)).toBe(recent < limit);
            times.push(now);
          }
        },
      ),
    );
  });
});
