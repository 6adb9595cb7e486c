import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leaderOf } from "../../../../daemon/shell/size-policy.js";

const client = fc.record({
  canLead: fc.boolean(),
  size: fc.constant({ cols: 80, rows: 24 }),
  attached: fc.nat(1000),
  typed: fc.nat(5),
});

describe("leaderOf", () => {
  it("finds nobody among none, and nobody among watchers", () => {
    expect(leaderOf([])).toBeUndefined();
    expect(leaderOf([{ canLead: false, size: { cols: 1, rows: 1 }, attached: 1, typed: 9 }])).toBeUndefined();
  });

  it("is the one that typed last, else the one that attached last, whatever the order of the list", () => {
    fc.assert(
      fc.property(fc.uniqueArray(client, { selector: ({ attached }) => attached }), (clients) => {
        const able = clients.filter(({ canLead }) => canLead);
        const expected = [...able].sort((a, b) => b.typed - a.typed || b.attached - a.attached)[0];
        expect(leaderOf(clients)).toBe(expected);
        expect(leaderOf([...clients].reverse())).toBe(expected);
      }),
    );
  });
});
