// A frame: one channel byte and a payload.
import { MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES } from "./channel.js";

const encoder = new TextEncoder();

/** Returns a new frame; `payload` may be empty. */
export function encodeFrame(channel: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(payload.length + 1);
  frame[0] = channel;
  frame.set(payload, 1);
  return frame;
}

/** Returns a new frame whose payload is `text` in UTF-8. */
export function encodeTextFrame(channel: number, text: string): Uint8Array {
  return encodeFrame(channel, encoder.encode(text));
}

/** The payload of a frame, as a view into it (no copy). */
export function framePayload(frame: Uint8Array): Uint8Array {
  return frame.subarray(1);
}

/** The frame itself, or two that hold the same when it is a byte or more longer than a packet takes. */
export function* fittingFrames(frame: Uint8Array): Generator<Uint8Array> {
  yield frame.length > MAX_FRAME_BYTES ? frame.subarray(0, MAX_FRAME_BYTES) : frame;
  if (frame.length > MAX_FRAME_BYTES) yield encodeFrame(frame[0] ?? 0, frame.subarray(MAX_FRAME_BYTES));
}

/** Cuts `bytes` into views of at most `size` bytes; nothing for empty input. */
export function* chunksOf(bytes: Uint8Array, size: number = MAX_PAYLOAD_BYTES): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
