import { describe, expect, it } from "vitest";
import { ReplayRing } from "../../../shared/replay-ring.js";
import { fc } from "../../support/property.js";

describe("ReplayRing", () => {
  it("behaves like the end of one long array", () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.nat(1e9),
        chunks,
        fc.nat(),
        (capacity, first, parts, from) => {
          const ring = new ReplayRing(capacity, first);
          let all = Buffer.alloc(0);
          for (const part of parts) {
            ring.append(part);
            all = Buffer.concat([all, part]);
            const start = Math.max(0, all.length - capacity);
            expect([ring.start, ring.end]).toEqual([first + start, first + all.length]);
            const offset = from % (all.length + 1);
            const expected = all.subarray(Math.max(start, offset));
            expect(Buffer.compare(ring.readFrom(first + offset), expected)).toBe(0);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("clamps an offset that lies outside", () => {
    const ring = new ReplayRing(4, 100);
    ring.append(Buffer.from("abcdef"));
    expect(Buffer.from(ring.readFrom(0)).toString()).toBe("cdef");
    expect(ring.readFrom(1_000)).toHaveLength(0);
  });
});
