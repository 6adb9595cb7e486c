import { describe, expect, it } from "vitest";
import { WebFlow } from "../../../../daemon/web/flow.js";
import { ACKNOWLEDGE_EVERY_BYTES, Channel, MAX_UNACKNOWLEDGED_BYTES } from "../../../../shared/channel.js";
import { encodeFrame } from "../../../../shared/frame.js";
import { fc } from "../../../support/property.js";

/** What an attached client with a terminal takes for a full queue (attached-client.ts). */
const FULL_BYTES = 128 * 1024;

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

  it("counts output, diagnostics and drawings until they are acknowledged, the rest until it is written", () => {
    const flow = new WebFlow();
    let drained = 0;
    flow.onDrain(() => {
      drained += 1;
    });
    const payload = new Uint8Array(MAX_UNACKNOWLEDGED_BYTES / 4);
    for (const channel of [Channel.Stdout, Channel.Stderr, Channel.Snapshot, Channel.Stdout])
      flow.sent(encodeFrame(channel, payload));
    const notice = encodeFrame(Channel.Notice, new Uint8Array(9));
    flow.sent(notice);
    expect(flow.queuedBytes).toBe(FULL_BYTES + 10);
    flow.acknowledged(ack(payload.length * 4));
    expect([flow.queuedBytes, drained]).toEqual([10, 0]);
    flow.written(notice);
    expect([flow.queuedBytes, drained]).toEqual([0, 1]);
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
          wasFull ||= flow.queuedBytes > 0;
        }
        // The page keeps back what does not fill an acknowledgement.
        for (let at = 0; open >= ACKNOWLEDGE_EVERY_BYTES; at++) {
          const bytes = steps[at % steps.length] ?? 1;
          flow.acknowledged(ack(bytes));
          open -= bytes;
        }
        expect(flow.queuedBytes).toBe(0);
        if (wasFull) expect(drained).toBe(1);
      }),
    );
  });

  it("believes no acknowledgement of more than was sent, and none of another length", () => {
    const flow = new WebFlow();
    const full = encodeFrame(Channel.Stdout, new Uint8Array(MAX_UNACKNOWLEDGED_BYTES));
    flow.sent(full);
    for (const payload of [new Uint8Array(0), new Uint8Array(3), new Uint8Array(5)])
      flow.acknowledged(payload);
    expect(flow.queuedBytes).toBe(FULL_BYTES);
    flow.acknowledged(ack(0xffff_ffff));
    flow.sent(full);
    expect(flow.queuedBytes).toBe(FULL_BYTES);
  });
});
