import { describe, expect, it } from "vitest";
import { decide } from "../../../../../daemon/shell/clients/size-policy.js";
import { SIZE_POLICIES } from "../../../../../shared/size.js";
import { fc } from "../../../../support/property.js";

const client = fc.record({
  canLead: fc.boolean(),
  size: fc.record({ cols: fc.integer({ min: 1, max: 300 }), rows: fc.integer({ min: 1, max: 100 }) }),
  attached: fc.nat(1000),
  typed: fc.nat(5),
});
const clients = fc.uniqueArray(client, { selector: ({ attached }) => attached });
const policy = fc.constantFrom(...SIZE_POLICIES);

describe("who leads", () => {
  it("is nobody among none, and nobody among watchers, whose size does not count either", () => {
    const watcher = { canLead: false, size: { cols: 1, rows: 1 }, attached: 1, typed: 9 };
    for (const each of SIZE_POLICIES) {
      expect(decide([], each)).toEqual({ leader: undefined, size: undefined });
      expect(decide([watcher], each)).toEqual({ leader: undefined, size: undefined });
    }
  });

  it("is the one that typed last, else the one that attached last, under every policy", () => {
    fc.assert(
      fc.property(clients, policy, (all, each) => {
        const able = all.filter(({ canLead }) => canLead);
        const expected = [...able].sort((a, b) => b.typed - a.typed || b.attached - a.attached)[0];
        expect(decide(all, each).leader).toBe(expected);
      }),
    );
  });
});

describe("who leads again", () => {
  it("is the one that typed last before the daemon was restarted, until somebody types", () => {
    const size = { cols: 80, rows: 24 };
    const first = { canLead: true, size, attached: 1, typed: 0, typedBefore: -5_000 };
    const later = { ...first, attached: 2, typedBefore: -60_000 };
    const never = { canLead: true, size, attached: 3, typed: 0 };
    expect(decide([first, later, never], "latest").leader).toBe(first);
    const typing = { ...never, typed: 4 };
    expect(decide([first, later, typing], "latest").leader).toBe(typing);
  });
});

describe("the size", () => {
  it("does not depend on the order of the clients, nor on those that only watch", () => {
    fc.assert(
      fc.property(clients, policy, (all, each) => {
        const { size } = decide(all, each);
        expect(decide([...all].reverse(), each).size).toEqual(size);
        expect(
          decide(
            all.filter(({ canLead }) => canLead),
            each,
          ).size,
        ).toEqual(size);
      }),
    );
  });

  it("is the leader's (latest), the smallest or largest of each dimension, or nobody's (manual)", () => {
    const all = [
      { canLead: true, size: { cols: 120, rows: 20 }, attached: 1, typed: 2 },
      { canLead: true, size: { cols: 80, rows: 50 }, attached: 2, typed: 1 },
      { canLead: false, size: { cols: 10, rows: 200 }, attached: 3, typed: 3 },
    ];
    expect(decide(all, "latest").size).toEqual({ cols: 120, rows: 20 });
    expect(decide(all, "smallest").size).toEqual({ cols: 80, rows: 20 });
    expect(decide(all, "largest").size).toEqual({ cols: 120, rows: 50 });
    expect(decide(all, "manual").size).toBeUndefined();
  });

  it("fits into every window (smallest), and no window is larger (largest)", () => {
    fc.assert(
      fc.property(clients, (all) => {
        const able = all.filter(({ canLead }) => canLead);
        const [smallest, largest] = [decide(all, "smallest").size, decide(all, "largest").size];
        for (const { size } of able) {
          expect(size.cols).toBeGreaterThanOrEqual(smallest?.cols ?? Number.NaN);
          expect(size.rows).toBeGreaterThanOrEqual(smallest?.rows ?? Number.NaN);
          expect(size.cols).toBeLessThanOrEqual(largest?.cols ?? Number.NaN);
          expect(size.rows).toBeLessThanOrEqual(largest?.rows ?? Number.NaN);
        }
      }),
    );
  });
});
