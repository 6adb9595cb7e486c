// SNAPSHOT payloads (channel 0x10): bytes that reproduce a screen on a terminal, cut into frames.
import { Channel, MAX_PAYLOAD_BYTES } from "./channel.js";
import { encodeFrame } from "./frame.js";
import type { Size } from "./size.js";

/** A screen as bytes, and where in the shell's output it stands. */
export interface Snapshot {
  /** The PTY's incarnation (uuid). Offsets of different epochs cannot be compared. */
  readonly epoch: string;
  /** Absolute count of STDOUT bytes of this epoch that the snapshot includes; the live stream goes on from here. */
  readonly offset: number;
  readonly size: Size;
  /** Draws the screen on a cleared terminal of `size`, ending with the unfinished escape sequence, if any. */
  readonly bytes: Uint8Array;
}

/** Our bound for a snapshot that is kept for the next daemon (a checkpoint); scrollback goes first. */
export const MAX_CHECKPOINT_BYTES = 2 * 1024 * 1024;

/** One SNAPSHOT frame: the first of a snapshot carries its header, the last says so. */
export interface SnapshotPart {
  readonly header: Omit<Snapshot, "bytes"> | undefined;
  readonly last: boolean;
  readonly bytes: Uint8Array;
}

/*
 * Payload: u8 flags (1 = first part, 2 = last part); on the first part a header follows:
 * 36 ASCII bytes epoch, u64 offset, u16 cols, u16 rows (big-endian); the rest is drawing bytes.
 */
const FIRST = 1;
const LAST = 2;
const EPOCH_BYTES = 36;
const HEADER_BYTES = EPOCH_BYTES + 8 + 2 + 2;

/** The frames of a snapshot, in order; at least one. `epoch` must have 36 characters (a uuid). */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let at = 0;
  do {
    const first = at === 0;
    const prefix = first ? 1 + HEADER_BYTES : 1;
    const bytes = snapshot.bytes.subarray(at, at + MAX_PAYLOAD_BYTES - prefix);
    at += bytes.length;
    const payload = new Uint8Array(prefix + bytes.length);
    payload[0] = (first ? FIRST : 0) | (at === snapshot.bytes.length ? LAST : 0);
    if (first) writeHeader(payload, snapshot);
    payload.set(bytes, prefix);
    frames.push(encodeFrame(Channel.Snapshot, payload));
  } while (at < snapshot.bytes.length);
  return frames;
}

/** Reads one SNAPSHOT payload, or undefined when it is malformed. Never throws. */
export function decodeSnapshotPart(payload: Uint8Array): SnapshotPart | undefined {
  const flags = payload[0];
  if (flags === undefined || flags > (FIRST | LAST)) return undefined;
  const last = (flags & LAST) !== 0;
  if ((flags & FIRST) === 0) return { header: undefined, last, bytes: payload.subarray(1) };
  if (payload.length < 1 + HEADER_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset + 1, HEADER_BYTES);
  const epoch = String.fromCharCode(...payload.subarray(1, 1 + EPOCH_BYTES));
  const size = { cols: view.getUint16(EPOCH_BYTES + 8), rows: view.getUint16(EPOCH_BYTES + 10) };
  const offset = Number(view.getBigUint64(EPOCH_BYTES));
  return { header: { epoch, offset, size }, last, bytes: payload.subarray(1 + HEADER_BYTES) };
}

function writeHeader(payload: Uint8Array, { epoch, offset, size }: Snapshot): void {
  for (let i = 0; i < EPOCH_BYTES; i++) payload[1 + i] = epoch.charCodeAt(i) & 0x7f;
  const view = new DataView(payload.buffer, payload.byteOffset + 1, HEADER_BYTES);
  view.setBigUint64(EPOCH_BYTES, BigInt(offset));
  view.setUint16(EPOCH_BYTES + 8, size.cols);
  view.setUint16(EPOCH_BYTES + 10, size.rows);
}
