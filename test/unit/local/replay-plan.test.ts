// Where a connection's stream starts, under the exact mode and under both models of the service.

import { describe, expect, it } from "vitest";
import { parseHave, planReplay, replayPieces } from "../../../daemon/local/replay-plan.js";
import { fc } from "../../support/property.js";

const EPOCH = "23308493-7cde-4463-bf4a-c8fb88cdb6c7";
const knobs = { replayModel: "since-detach", replayOnReplace: "none" } as const;
const at = (start: number, end: number, delivered: number) => ({
  epoch: EPOCH,
  start,
  end,
  delivered,
  replaces: false,
  have: undefined,
});

describe("planReplay", () => {
  it("starts where the last connection ended, or at the ring's start and says what is gone", () => {
    expect(planReplay(at(100, 500, 300), knobs)).toEqual({ from: 300, end: 500, dropped: 0 });
    expect(planReplay(at(100, 500, 30), knobs)).toEqual({ from: 100, end: 500, dropped: 70 });
    expect(planReplay(at(100, 500, 300), { ...knobs, replayModel: "last-bytes" })).toEqual({
      from: 100,
      end: 500,
      dropped: 0,
    });
  });

  it("gives a replacing connection nothing twice, unless the knob says so", () => {
    const replacing = { ...at(100, 500, 500), replaces: true };
    expect(planReplay(replacing, { ...knobs, replayModel: "last-bytes" })).toEqual({
      from: 500,
      end: 500,
      dropped: 0,
    });
    expect(planReplay(replacing, { ...knobs, replayOnReplace: "last-bytes" })).toEqual({
      from: 100,
      end: 500,
      dropped: 0,
    });
  });

  it("is exact when the client says what it has", () => {
    const have = (epoch: string, offset: number) =>
      planReplay({ ...at(100, 500, 500), have: { epoch, offset } }, knobs);
    expect(have(EPOCH, 450)).toEqual({ from: 450, end: 500, dropped: 0 });
    expect(have(EPOCH, 40)).toEqual({ from: 100, end: 500, dropped: 60 });
    expect(have(EPOCH, 9000)).toEqual({ from: 500, end: 500, dropped: 0 });
    expect(have("*", 0)).toEqual({ from: 100, end: 500, dropped: 0 });
    expect(have("00000000-0000-0000-0000-000000000000", 450)).toEqual({ from: 100, end: 500, dropped: 0 });
  });
});

describe("parseHave", () => {
  it.each([
    [`${EPOCH}:12`, { epoch: EPOCH, offset: 12 }],
    ["*:0", { epoch: "*", offset: 0 }],
  ])("reads %s", (text, have) => {
    expect(parseHave(text)).toEqual(have);
  });
  it.each(["", "x:1", `${EPOCH}`, `${EPOCH}:-1`, `${EPOCH}:1e3`, `${EPOCH}:9999999999999999`])(
    "refuses %j",
    (text) => {
      expect(parseHave(text)).toBeUndefined();
    },
  );
});

describe("replayPieces", () => {
  it("cuts without losing or adding a byte, every piece within the size, the same for the same seed", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000 }),
        fc.integer({ min: 1, max: 700 }),
        fc.option(fc.nat()),
        (bytes, size, seed) => {
          const pieces = [...replayPieces(bytes, size, seed)];
          expect(Buffer.concat(pieces)).toEqual(Buffer.from(bytes));
          expect(pieces.every(({ length }) => length >= 1 && length <= size)).toBe(true);
          expect([...replayPieces(bytes, size, seed)]).toEqual(pieces);
        },
      ),
    );
  });
});
