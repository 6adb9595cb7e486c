// What of a shell's output one client is sent: without the questions that are not its terminal's to answer, and counted.
import { Channel } from "../../../shared/channel.js";
import { chunksOf, encodeFrame, framePayload } from "../../../shared/frame.js";
import { encodeNotice } from "../../../shared/notice.js";
import { QueryFilter } from "../../terminal/filter/query-filter.js";
import type { Resumption } from "../output/output-log.js";
import type { ClientHost } from "./client-host.js";

/** Invariant: who counts what is sent, and heeds the places that are told, knows where the output stands. */
export class OutputShare {
  readonly #host: Pick<ClientHost, "tail" | "offset">;
  readonly #send: (frame: Uint8Array) => void;
  #filter: QueryFilter | undefined;
  /** What the client takes the offset to be, counting what it gets. */
  #countedOffset: number;

  constructor(host: Pick<ClientHost, "tail" | "offset">, send: (frame: Uint8Array) => void) {
    this.#host = host;
    this.#send = send;
    this.#countedOffset = host.offset();
  }

  /** A frame of STDOUT, in the turn in which it came. An empty one: only its place has changed. */
  push(frame: Uint8Array): void {
    const payload = framePayload(frame);
    const output = this.#filter === undefined ? payload : this.#filter.push(payload);
    // What passes whole is one frame for all clients.
    if (output === payload) this.#sendOutput(frame, this.#host.offset());
    else this.#sendFiltered(output);
  }

  /** Whether questions are kept back. */
  filterQueries(on: boolean): void {
    if (on === (this.#filter !== undefined)) return;
    if (on) {
      this.#filter = new QueryFilter(this.#host.tail());
      return;
    }
    const rest = this.#filter?.flush();
    this.#filter = undefined;
    if (rest !== undefined) this.#sendFiltered(rest);
  }

  /** A drawing of the shell as it is now comes first: what the filter held back is in it. */
  beginAnew(): void {
    if (this.#filter !== undefined) this.#filter = new QueryFilter(this.#host.tail());
    this.#countedOffset = this.#host.offset();
  }

  /** What was output while this client was away is a replay: its questions are not asked again. */
  resume({ offset, pieces }: Resumption): void {
    this.#filter = new QueryFilter(new Uint8Array(0));
    this.#countedOffset = offset;
    let end = offset;
    for (const { bytes, consumed } of pieces) {
      end += consumed;
      this.#sendFiltered(this.#filter.push(bytes), end);
    }
  }

  forget(): void {
    this.#filter = undefined;
  }

  /** @param end where the output stands behind this frame, when the client may not be able to count it */
  #sendOutput(frame: Uint8Array, end?: number): void {
    this.#countedOffset += frame.length - 1;
    if (frame.length > 1) this.#send(frame);
    if (end !== undefined) this.#tellPosition(end);
  }

  /** Sends what the query filter let through of the output up to `end`. */
  #sendFiltered(output: Uint8Array, end: number = this.#host.offset()): void {
    for (const chunk of chunksOf(output)) this.#sendOutput(encodeFrame(Channel.Stdout, chunk));
    this.#tellPosition(end - (this.#filter?.heldBytes ?? 0));
  }

  /** Where the output stands, when the client cannot know that by counting. */
  #tellPosition(offset: number): void {
    if (offset === this.#countedOffset) return;
    this.#countedOffset = offset;
    this.#send(encodeNotice({ kind: "position", offset }));
  }
}
