import { expect, it, vi } from "vitest";
import { TypedInput } from "../../../../client/attach/typed-input.js";
import type { PacketStream } from "../../../../client/daemon/daemon-connection.js";
import { Channel } from "../../../../shared/channel.js";

/** A stream that keeps what was sent on it. */
function makeStream() {
  const sent: { readonly channel: number; readonly payload: Uint8Array }[] = [];
  const stream = {
    send: (channel: number, payload: Uint8Array) => {
      sent.push({ channel, payload });
      return true;
    },
  } as unknown as PacketStream;
  return { sent, stream };
}

it("counts what no heartbeat has proved, also when the echo comes out of the middle of a larger read", () => {
  vi.useFakeTimers();
  try {
    const { sent, stream } = makeStream();
    const typed = new TypedInput();
    typed.connect(stream);
    typed.push(Buffer.from("proved"));
    typed.send();
    vi.advanceTimersByTime(250);
    const asked = sent.find(({ channel }) => channel === Channel.Heartbeat);
    const read = Buffer.concat([Buffer.from("something before"), asked?.payload ?? Buffer.alloc(0)]);
    typed.handleHeartbeat(read.subarray(16));
    typed.push(Buffer.from("doubt"));
    typed.send();
    expect(typed.disconnect()).toBe(5);
  } finally {
    vi.useRealTimers();
  }
});

it("keeps what was typed while there is no daemon, and sends it once, in order", () => {
  const typed = new TypedInput();
  typed.push(Buffer.from("one "));
  typed.push(Buffer.from("two"));
  const { sent, stream } = makeStream();
  typed.connect(stream);
  const input = sent
    .filter(({ channel }) => channel === Channel.Stdin)
    .map(({ payload }) => Buffer.from(payload).toString());
  expect(input.join("")).toBe("one two");
  expect(typed.disconnect()).toBe(7);
  const next = makeStream();
  typed.connect(next.stream);
  expect(next.sent).toEqual([]);
  typed.disconnect();
});

it("knows how long ago a person typed, and that a report of the terminal is not typing", () => {
  vi.useFakeTimers();
  try {
    const typed = new TypedInput();
    typed.push(Buffer.from("\u001b[I"));
    typed.push(Buffer.from("\u001b[?62;22c"));
    expect(typed.typedAgo).toBeUndefined();
    typed.push(Buffer.from("\u001b[A"));
    vi.advanceTimersByTime(700);
    typed.push(Buffer.from("\u001b[O"));
    expect(typed.typedAgo).toBe(700);
  } finally {
    vi.useRealTimers();
  }
});
