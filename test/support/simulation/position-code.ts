// Bytes that carry their own position: any 32 of them in a row prove where in which stream they stand.

/** `<14 hex digits: number of the block>\r\n`. */
export const BLOCK_BYTES = 16;

/** Streams are regions of one table: region `n` holds what stream `n` consists of. */
export const REGION_BYTES = 512 * 1024;
const REGIONS = 16;

const table = makeTable();

/** The bytes `from..from+length` of stream `stream`; a view that must not be changed. */
export function codedBytes(stream: number, from: number, length: number): Uint8Array {
  if (from < 0 || from + length > REGION_BYTES) throw new Error(`position ${from}+${length} is outside`);
  const at = (stream % REGIONS) * REGION_BYTES + from;
  return table.subarray(at, at + length);
}

/** Whether `bytes` are those at `from` in `stream`. */
export function isCoded(bytes: Uint8Array, stream: number, from: number): boolean {
  if (from < 0 || from + bytes.length > REGION_BYTES) return false;
  return Buffer.compare(bytes, codedBytes(stream, from, bytes.length)) === 0;
}

/** Where `bytes` stand, for messages: `stream:offset`, or that they cannot be read. */
export function positionOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 2 * BLOCK_BYTES)).toString("latin1");
  const at = text.search(/[0-9a-f]{14}\r\n/);
  if (at === -1) return `unreadable (${bytes.length} bytes)`;
  const absolute = Number.parseInt(text.slice(at, at + 14), 16) * BLOCK_BYTES - at;
  return `${Math.floor(absolute / REGION_BYTES)}:${absolute % REGION_BYTES}`;
}

/** The offset that a whole block in front of `bytes` names, or undefined. */
export function blockOffset(bytes: Uint8Array, stream: number): number | undefined {
  let number = 0;
  for (let i = 6; i < 14; i++) number = number * 16 + hexValue(bytes[i]);
  const offset = number * BLOCK_BYTES - (stream % REGIONS) * REGION_BYTES;
  return isCoded(bytes.subarray(0, BLOCK_BYTES), stream, offset) ? offset : undefined;
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN;
  return byte <= 0x39 ? byte - 0x30 : byte - 0x57;
}

function makeTable(): Buffer {
  const bytes = Buffer.alloc(REGIONS * REGION_BYTES);
  for (let block = 0; block * BLOCK_BYTES < bytes.length; block++) {
    bytes.write(`${block.toString(16).padStart(14, "0")}\r\n`, block * BLOCK_BYTES, "latin1");
  }
  return bytes;
}
