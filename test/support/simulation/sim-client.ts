// A client of the hub in a simulation: follows the stream it is sent, and checks it against everything that was output.
import type { AttachedClient } from "../../../daemon/shell/clients/attached-client.js";
import type { ClientSink } from "../../../daemon/shell/clients/client-host.js";
import { Channel } from "../../../shared/channel.js";
import { decodeNotice, type Notice } from "../../../shared/notice.js";
import { decodeSnapshotPart } from "../../../shared/snapshot.js";
import { positionOf } from "./position-code.js";

/** All output that the upstream passed on, in order. */
export class OutputRecord {
  #bytes = Buffer.alloc(64 * 1024);
  length = 0;

  append(payload: Uint8Array): void {
    if (this.length + payload.length > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length + payload.length)]);
    }
    this.#bytes.set(payload, this.length);
    this.length += payload.length;
  }

  /** Whether `payload` is what stands at `at`. */
  holds(payload: Uint8Array, at: number): boolean {
    return at >= 0 && Buffer.compare(payload, this.#bytes.subarray(at, at + payload.length)) === 0;
  }
}

/** Where a client that is gone had got to. */
export interface ClientPlace {
  readonly epoch: string;
  readonly offset: number;
  readonly at: number;
}

/**
 * The client knows where the record its next byte stands, except between a drawing and the end of the turn in which it was
 * sent: what was held goes out in that same turn, so that afterwards it stands at the record's end.
 */
export class SimClient implements ClientSink {
  readonly queuedBytes = 0;
  client: AttachedClient | undefined;
  ended = false;
  snapshots = 0;
  lastNotice: Notice | undefined;
  epoch = "";
  offset = 0;
  readonly #record: OutputRecord;
  readonly #fail: (message: string) => void;
  #next: number | undefined;
  #afterDrawing: Uint8Array[] = [];
  #isDrawn = false;

  constructor(record: OutputRecord, fail: (message: string) => void) {
    this.#record = record;
    this.#fail = fail;
  }

  /** The attach was answered: nothing was sent yet. */
  begin(epoch: string, offset: number, resumedAt: number | undefined): void {
    this.epoch = epoch;
    this.offset = offset;
    this.#next = resumedAt;
  }

  /** Everything that was output, this client has been sent. */
  get isCurrent(): boolean {
    return this.#next === this.#record.length;
  }

  get place(): ClientPlace | undefined {
    return this.#next === undefined ? undefined : { epoch: this.epoch, offset: this.offset, at: this.#next };
  }

  send(frame: Uint8Array): void {
    if (this.ended) this.#fail("a client is sent something after the end");
    const payload = frame.subarray(1);
    if (frame[0] === Channel.Snapshot) this.#draw(payload);
    else if (frame[0] === Channel.Stdout) this.#output(payload);
    else if (frame[0] === Channel.Notice) {
      this.lastNotice = decodeNotice(payload);
      if (this.lastNotice?.kind === "position") this.offset = this.lastNotice.offset;
    }
  }

  onDrain(): void {}
  pauseInput(): void {}
  resumeInput(): void {}

  end(): void {
    this.ended = true;
  }

  /** The turn is over. */
  turned(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    const held = Buffer.concat(this.#afterDrawing);
    this.#afterDrawing = [];
    const at = this.#record.length - held.length;
    if (!this.#record.holds(held, at))
      this.#fail(`after a drawing a client is sent ${positionOf(held)}, which is not the end`);
    this.#next = this.#record.length;
  }

  #draw(payload: Uint8Array): void {
    const part = decodeSnapshotPart(payload);
    if (part?.header !== undefined) {
      ({ epoch: this.epoch, offset: this.offset } = part.header);
      this.snapshots += 1;
      this.#next = undefined;
      this.#afterDrawing = [];
    }
    if (part?.last === true) this.#isDrawn = true;
  }

  #output(payload: Uint8Array): void {
    this.offset += payload.length;
    if (this.#isDrawn) this.#afterDrawing.push(payload.slice());
    else if (this.#next === undefined) this.#fail("a client is sent output before a drawing");
    else {
      if (!this.#record.holds(payload, this.#next)) {
        this.#fail(`a client is sent ${positionOf(payload)} out of order`);
      }
      this.#next += payload.length;
    }
  }
}
