import { describe, expect, it } from "vitest";
import { MAX_FRAME_BYTES } from "../../../shared/channel.js";
import { encodeFrame } from "../../../shared/frame.js";
import { encodePacket, PacketDecoder, packetHeader } from "../../../shared/packet.js";
import { fc } from "../../support/property.js";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** The obvious decoder, for comparison: needs the whole stream at once. */
function decodeWhole(stream: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  for (let at = 0; at + 4 <= stream.length; ) {
    const length = view.getUint32(at);
    if (at + 4 + length > stream.length) break;
    frames.push(stream.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return frames;
}

/** Cuts `stream` at the given places (any order, any range) and feeds the pieces. */
function decodeCut(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const decoder = new PacketDecoder();
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return places
    .slice(1)
    .flatMap((end, index) =>
      [...decoder.push(stream.slice(places[index], end))].map((frame) => frame.slice()),
    );
}

describe("PacketDecoder", () => {
  it("reads the bytes of the documented example", () => {
    const frames = [...new PacketDecoder().push(hex("00000003 01 6869 00000001 05"))];
    expect(frames).toEqual([hex("01 6869"), hex("05")]);
  });

  it("gives the same frames whatever the cuts", () => {
    const frame = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 600 }));
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (frames, cuts) => {
          const stream = Uint8Array.from(
            Buffer.concat(frames.map(([channel, payload]) => encodePacket(channel, payload))),
          );
          expect(decodeCut(stream, cuts)).toEqual(decodeWhole(stream));
          expect(decodeCut(stream, cuts)).toEqual(
            frames.map(([channel, payload]) => encodeFrame(channel, payload)),
          );
        },
      ),
    );
  });

  it("holds back an unfinished packet, and knows that it is not at a boundary", () => {
    const decoder = new PacketDecoder();
    expect([...decoder.push(hex("000000"))]).toEqual([]);
    expect(decoder.atBoundary).toBe(false);
    expect([...decoder.push(hex("02 01"))]).toEqual([]);
    expect(decoder.atBoundary).toBe(false);
    expect([...decoder.push(hex("41"))]).toEqual([hex("01 41")]);
    expect(decoder.atBoundary).toBe(true);
  });

  it("accepts the longest frame", () => {
    const packet = encodePacket(1, new Uint8Array(MAX_FRAME_BYTES - 1));
    expect([...new PacketDecoder().push(packet)]).toHaveLength(1);
  });

  it.each([0, MAX_FRAME_BYTES + 1, 0xffff_ffff])(
    "refuses a length of %i before storing anything",
    (length) => {
      expect(() => [...new PacketDecoder().push(packetHeader(length))]).toThrow(
        expect.objectContaining({ code: "bad_packet" }),
      );
    },
  );
});
