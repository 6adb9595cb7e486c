// A packet: how a frame travels over the Unix socket. Four length bytes (big-endian, counting the frame), then the frame.
import { MAX_FRAME_BYTES } from "./channel.js";
import { AgentdError } from "./errors.js";

const PACKET_HEADER_BYTES = 4;

/** The four bytes that precede a frame of `frameBytes` bytes. */
export function packetHeader(frameBytes: number): Uint8Array {
  const header = new Uint8Array(PACKET_HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, frameBytes);
  return header;
}

/** Header and frame as one new array. */
export function framePacket(frame: Uint8Array): Uint8Array {
  const packet = emptyPacket(frame.length);
  packet.set(frame, PACKET_HEADER_BYTES);
  return packet;
}

/** Returns header, channel byte and payload as one new array. */
export function encodePacket(channel: number, payload: Uint8Array): Uint8Array {
  const packet = emptyPacket(payload.length + 1);
  packet[PACKET_HEADER_BYTES] = channel;
  packet.set(payload, PACKET_HEADER_BYTES + 1);
  return packet;
}

function emptyPacket(frameBytes: number): Uint8Array {
  const packet = new Uint8Array(PACKET_HEADER_BYTES + frameBytes);
  packet[0] = frameBytes >>> 24;
  packet[1] = frameBytes >>> 16;
  packet[2] = frameBytes >>> 8;
  packet[3] = frameBytes;
  return packet;
}

/**
 * Reassembles frames from a byte stream cut anywhere.
 *
 * Invariants: a length is checked before anything is stored for it; at most one frame is buffered; a frame that lies
 * whole inside one chunk is returned as a view of that chunk, so consumers that keep it must copy it.
 */
export class PacketDecoder {
  readonly #header = new Uint8Array(PACKET_HEADER_BYTES);
  #headerBytes = 0;
  #frame: Uint8Array | undefined;
  #frameBytes = 0;

  /** True between packets: ending the stream here loses nothing. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0 && this.#frame === undefined;
  }

  /**
   * Yields each complete frame (channel byte + payload, 1..65,536 bytes).
   * @throws AgentdError `bad_packet` for a length of 0 or over 65,536; the stream is unusable afterwards.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        while (this.#headerBytes < PACKET_HEADER_BYTES && at < chunk.length) {
          this.#header[this.#headerBytes++] = chunk[at++] as number;
        }
        if (this.#headerBytes < PACKET_HEADER_BYTES) return;
        const length = new DataView(this.#header.buffer).getUint32(0);
        if (length === 0 || length > MAX_FRAME_BYTES) {
          throw new AgentdError("bad_packet", `a packet of ${length} bytes is outside 1..${MAX_FRAME_BYTES}`);
        }
        if (chunk.length - at >= length) {
          this.#headerBytes = 0;
          const frame = chunk.subarray(at, at + length);
          at += length;
          yield frame;
          continue;
        }
        this.#frame = new Uint8Array(length);
        this.#frameBytes = 0;
      }
      const frame: Uint8Array = this.#frame;
      const part = chunk.subarray(at, at + frame.length - this.#frameBytes);
      frame.set(part, this.#frameBytes);
      this.#frameBytes += part.length;
      at += part.length;
      if (this.#frameBytes === frame.length) {
        this.#frame = undefined;
        this.#headerBytes = 0;
        yield frame;
      }
    }
  }
}
