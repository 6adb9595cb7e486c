import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WebFlow } from "../../../../daemon/server/web-flow.js";
import { ACKNOWLEDGE_EVERY_BYTES, Channel, MAX_UNACKNOWLEDGED_BYTES } from "../../../../shared/channel.js";
import { encodeFrame } from "../../../../shared/frame.js";

/** What an attached client takes for a full queue (attached-client.ts). */
const FULL_BYTES = 1024 * 1024;

function ack(bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, bytes);
  return payload;
}

describe("acknowledged flow control", () => {
  it("is full at 512 KiB of output that nobody has parsed", () => {
    const flow = new WebFlow();
    flow.sent(encodeFrame(Channel.Stdout, new Uint8Array(MAX_UNACKNOWLEDGED_BYTES)));
    expect(flow.queuedBytes).toBe(FULL_BYTES);
  });

  it("counts output, diagnostics and drawings, and nothing that a page does not acknowledge", () => {
    const flow = new WebFlow();
    for (const channel of [Channel.Stdout, Channel.Stderr, Channel.Snapshot])
      flow.sent(encodeFrame(channel, new Uint8Array(10)));
    for (const channel of [Channel.Notice, Channel.Heartbeat])
      flow.sent(encodeFrame(channel, new Uint8Array(10)));
    flow.acknowledged(ack(30));
    expect(flow.queuedBytes).toBe(0);
  });

  it("always calls back a page that parses all it gets, however it cuts its acknowledgements", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 60 });
    const cuts = fc.array(fc.integer({ min: 1, max: ACKNOWLEDGE_EVERY_BYTES }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(sizes, cuts, (frames, steps) => {
        const flow = new WebFlow();
        let drained = 0;
        flow.onDrain(() => {
          drained += 1;
        });
        let wasFull = false;
        let open = 0;
        for (const size of frames) {
          flow.sent(encodeFrame(Channel.Stdout, new Uint8Array(size)));
          open += size;
          wasFull ||= flow.queuedBytes > FULL_BYTES;
        }
        // The page keeps back what does not fill an acknowledgement.
        for (let at = 0; open >= ACKNOWLEDGE_EVERY_BYTES; at++) {
          const bytes = steps[at % steps.length] ?? 1;
          flow.acknowledged(ack(bytes));
          open -= bytes;
        }
        expect(flow.queuedBytes).toBeLessThan(FULL_BYTES);
        if (wasFull) expect(drained).toBe(1);
      }),
    );
  });

  it("believes no acknowledgement of more than was sent, and none of another length", () => {
    const flow = new WebFlow();
    flow.sent(encodeFrame(Channel.Stdout, new Uint8Array(100)));
    for (const payload of [new Uint8Array(0), new Uint8Array(3), new Uint8Array(5)])
      flow.acknowledged(payload);
    expect(flow.queuedBytes).toBe(200);
    flow.acknowledged(ack(0xffff_ffff));
    flow.sent(encodeFrame(Channel.Stdout, new Uint8Array(100)));
    expect(flow.queuedBytes).toBe(200);
  });
});
