// Decoder of the AWS event stream (`application/vnd.amazon.eventstream`): bytes in, checked messages out.
import { crc32 } from "../../../shared/crc32.js";
import { AgentdError } from "../../../shared/errors.js";

export interface EventMessage {
  /** Headers that are strings, by name; those of other types are checked and left out: this protocol uses none. */
  readonly headers: ReadonlyMap<string, string>;
  /** A copy. */
  readonly payload: Uint8Array;
}

/** Layout: two lengths and their checksum, headers, payload, checksum of everything before it. Big-endian throughout. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** Our bound: an event carries 64 KB of output, which JSON escapes make six times as long at worst. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** The encoding's own bound. */
const MAX_HEADER_BYTES = 128 * 1024;

const STRING_TYPE = 7;
/** Bytes of a header's value by its type; types 6 and 7 carry their length. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Invariant: never holds more than one message of the greatest length and what came with its last bytes. */
export class EventStreamReader {
  #held: Uint8Array = new Uint8Array();

  /**
   * The messages that `chunk` completes, one by one: what came before a fault is told before the fault. They are to be read to the end.
   * @throws AgentdError `upstream_failed` for anything that is not the encoding.
   */
  *push(chunk: Uint8Array): Generator<EventMessage> {
    let bytes = this.#held.length === 0 ? chunk : joined(this.#held, chunk);
    for (;;) {
      const length = messageLength(bytes);
      if (length === undefined || bytes.length < length) break;
      yield readMessage(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
    }
    this.#held = bytes.slice();
  }
}

/** Undefined while the prelude is not complete; checked before anything waits for that many bytes. */
function messageLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < PRELUDE_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(8) !== crc32(bytes.subarray(0, 8))) throw broken("a prelude's checksum is wrong");
  const length = view.getUint32(0);
  const headerBytes = view.getUint32(4);
  if (length > MAX_MESSAGE_BYTES || headerBytes > MAX_HEADER_BYTES) throw broken("a message is too long");
  if (length < PRELUDE_BYTES + headerBytes + CHECKSUM_BYTES) throw broken("a message is too short");
  return length;
}

function readMessage(message: Uint8Array): EventMessage {
  const view = viewOf(message);
  const end = message.length - CHECKSUM_BYTES;
  if (view.getUint32(end) !== crc32(message.subarray(0, end))) throw broken("a message's checksum is wrong");
  const headersEnd = PRELUDE_BYTES + view.getUint32(4);
  return {
    headers: readHeaders(message.subarray(PRELUDE_BYTES, headersEnd)),
    payload: message.slice(headersEnd, end),
  };
}

/** Each: u8 length of the name, name, u8 type, value. */
function readHeaders(bytes: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) throw broken("a header is cut off");
    at += count;
    return bytes.subarray(at - count, at);
  };
  const number = (count: number) => take(count).reduce((value, byte) => value * 256 + byte, 0);
  while (at < bytes.length) {
    const name = text(take(number(1)));
    const type = number(1);
    const fixed = FIXED_BYTES[type];
    if (fixed === undefined && type !== STRING_TYPE && type !== 6) throw broken("a header has no known type");
    const value = take(fixed ?? number(2));
    if (type === STRING_TYPE) headers.set(name, text(value));
  }
  return headers;
}

function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw broken("a header is not UTF-8");
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function broken(why: string): AgentdError {
  return new AgentdError("upstream_failed", `the service's answer cannot be read · ${why}`);
}
