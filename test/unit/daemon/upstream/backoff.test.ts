import { describe, expect, it } from "vitest";
import { backoffMs } from "../../../../daemon/upstream/backoff.js";
import { Retries } from "../../../../daemon/upstream/retries.js";

describe("backoffMs", () => {
  it("tries at once, at most 250 ms after the loss", () => {
    for (const random of [0, 0.5, 1]) expect(backoffMs(1, 0, random)).toBeLessThanOrEqual(250);
  });

  it("then waits 1, 2, 4, 8, 15, 15 s", () => {
    expect([2, 3, 4, 5, 6, 7, 50].map((attempt) => backoffMs(attempt, 0, 0.5))).toEqual([
      1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
    ]);
  });

  it("spreads each wait by a quarter to both sides", () => {
    expect([backoffMs(3, 0, 0), backoffMs(3, 0, 1)]).toEqual([1_500, 2_500]);
  });

  it("asks every 30 s after 15 minutes", () => {
    expect(backoffMs(60, 15 * 60_000, 0.5)).toBe(30_000);
  });
});

describe("Retries", () => {
  it("starts again at 1 after a connection, and remembers when the link was lost", () => {
    const retries = new Retries(0);
    retries.attemptFailed();
    retries.attemptFailed();
    expect([retries.attempt, retries.sinceLossMs(5_000)]).toEqual([3, 5_000]);
    retries.connectionEnded(60_000, 100_000);
    expect([retries.attempt, retries.sinceLossMs(100_000)]).toEqual([1, 0]);
  });

  it("takes three short connections for bad luck and backs off from the fourth on", () => {
    const retries = new Retries(0);
    const attempts = [1, 2, 3, 4, 5].map((_, at) => {
      retries.connectionEnded(100, at * 1_000);
      return retries.attempt;
    });
    expect(attempts).toEqual([1, 1, 1, 2, 3]);
    retries.connectionEnded(10_000, 60_000);
    retries.connectionEnded(100, 61_000);
    expect(retries.attempt).toBe(1);
  });
});
