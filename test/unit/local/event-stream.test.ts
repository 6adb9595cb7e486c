// The event stream's encoding, read back by a decoder written from the layout, and a known checksum.
import { describe, expect, it } from "vitest";
import { encodeEvent } from "../../../daemon/local/event-stream.js";
import { crc32 } from "../../../shared/crc32.js";

describe("event stream", () => {
  it("has the checksum that everybody's CRC-32 gives for 123456789", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });

  it("writes lengths, checksums, headers and payload where they belong", () => {
    const message = Buffer.from(encodeEvent({ ":a": "é" }, { x: 1 }));
    expect(message.readUInt32BE(0)).toBe(message.length);
    expect(message.readUInt32BE(4)).toBe(8);
    expect(message.readUInt32BE(8)).toBe(crc32(message.subarray(0, 8)));
    expect(message.subarray(12, 20).toString("hex")).toBe("023a61070002c3a9");
    expect(message.subarray(20, -4).toString()).toBe('{"x":1}');
    expect(message.readUInt32BE(message.length - 4)).toBe(crc32(message.subarray(0, -4)));
  });
});
