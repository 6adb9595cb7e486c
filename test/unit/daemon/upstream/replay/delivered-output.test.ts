import { describe, expect, it } from "vitest";
import { DeliveredOutput } from "../../../../../daemon/upstream/replay/delivered-output.js";
import { seededRandom } from "../../../../support/random-stream.js";

describe("DeliveredOutput", () => {
  it("keeps the last bytes and counts all of them", () => {
    const random = seededRandom(1);
    const output = new DeliveredOutput(10_000);
    let all = Buffer.alloc(0);
    for (let n = 0; n < 60; n++) {
      const frame = Buffer.from(Array.from({ length: Math.floor(random() * 3_000) }, () => random() * 256));
      output.append(frame);
      all = Buffer.concat([all, frame]);
      expect(output.total).toBe(all.length);
      expect(Buffer.compare(output.tail(), all.subarray(-10_000))).toBe(0);
    }
  });

  it("is empty after a reset", () => {
    const output = new DeliveredOutput();
    output.append(Buffer.from("old shell"));
    output.reset();
    expect([output.total, output.tail().length]).toEqual([0, 0]);
    output.append(Buffer.from("new"));
    expect([output.total, Buffer.from(output.tail()).toString()]).toEqual([3, "new"]);
  });

  it("costs an idle shell little: the store grows with what is in it", () => {
    const before = process.memoryUsage().arrayBuffers;
    const idle = Array.from({ length: 100 }, () => new DeliveredOutput());
    for (const output of idle) output.append(Buffer.from("$ "));
    expect((process.memoryUsage().arrayBuffers - before) / idle.length).toBeLessThan(20_000);
  });
});
