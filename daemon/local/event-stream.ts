// Encoder of the AWS event stream (`application/vnd.amazon.eventstream`): length-prefixed messages with two checksums.
import { crc32 } from "../../shared/crc32.js";

const STRING_TYPE = 7;
/** Prelude (two lengths and their checksum) and the final checksum. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;

const encoder = new TextEncoder();

/** One message: headers are strings, the payload is JSON. Layout: AWS event stream encoding, big-endian throughout. */
export function encodeEvent(headers: Readonly<Record<string, string>>, payload: unknown): Uint8Array {
  const head = Object.entries(headers).map(([name, value]) => encodeHeader(name, value));
  const headBytes = head.reduce((sum, bytes) => sum + bytes.length, 0);
  const body = encoder.encode(JSON.stringify(payload));
  const message = new Uint8Array(PRELUDE_BYTES + headBytes + body.length + CHECKSUM_BYTES);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length);
  view.setUint32(4, headBytes);
  view.setUint32(8, crc32(message.subarray(0, 8)));
  let at = PRELUDE_BYTES;
  for (const bytes of [...head, body]) {
    message.set(bytes, at);
    at += bytes.length;
  }
  view.setUint32(at, crc32(message.subarray(0, at)));
  return message;
}

/** An event of the modelled stream `chunk`: exactly one of its members is in `payload`. */
export function encodeChunk(payload: Readonly<Record<string, unknown>>): Uint8Array {
  return encodeEvent(
    { ":event-type": "chunk", ":content-type": "application/json", ":message-type": "event" },
    payload,
  );
}

/** u8 name length, name, u8 type, u16 value length, value. */
function encodeHeader(name: string, value: string): Uint8Array {
  const nameBytes = encoder.encode(name);
  const valueBytes = encoder.encode(value);
  const header = new Uint8Array(1 + nameBytes.length + 1 + 2 + valueBytes.length);
  header[0] = nameBytes.length;
  header.set(nameBytes, 1);
  header[1 + nameBytes.length] = STRING_TYPE;
  new DataView(header.buffer).setUint16(2 + nameBytes.length, valueBytes.length);
  header.set(valueBytes, 4 + nameBytes.length);
  return header;
}
