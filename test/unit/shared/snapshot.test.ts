import { describe, expect, it } from "vitest";
import { Channel, MAX_FRAME_BYTES } from "../../../shared/channel.js";
import { decodeSnapshotPart, encodeSnapshot } from "../../../shared/snapshot.js";
import { fc } from "../../support/property.js";

const epoch = "0d9c1bb6-6f64-4f4e-9d6c-1d1f6c3f6a11";

describe("snapshot parts", () => {
  it("join to the bytes that went in, each part within a frame, for every size", () => {
    const sizes = fc.oneof(
      fc.nat(2_000),
      fc.integer({ min: 65_400, max: 65_600 }),
      fc.integer({ min: 131_000, max: 200_000 }),
    );
    fc.assert(
      fc.property(sizes, fc.nat(Number.MAX_SAFE_INTEGER), (length, offset) => {
        const bytes = Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff);
        const frames = encodeSnapshot({ epoch, offset, size: { cols: 200, rows: 50 }, bytes });
        const parts = frames.map((frame) => {
          expect(frame[0]).toBe(Channel.Snapshot);
          expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
          return decodeSnapshotPart(frame.subarray(1))!;
        });
        expect(parts[0]?.header).toEqual({ epoch, offset, size: { cols: 200, rows: 50 } });
        expect(parts.slice(1).every((part) => part.header === undefined)).toBe(true);
        expect(parts.map((part) => part.last)).toEqual(parts.map((_, index) => index === parts.length - 1));
        expect(Buffer.concat(parts.map((part) => part.bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("never throws on foreign bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (payload) => void decodeSnapshotPart(payload)));
    expect(decodeSnapshotPart(new Uint8Array(0))).toBeUndefined();
    expect(decodeSnapshotPart(Uint8Array.of(1, 2, 3))).toBeUndefined();
  });
});
