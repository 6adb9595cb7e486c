// Which bytes of each stream were passed on, which are missing, and whether somebody was told: where nobody counts the output.
import type { Piece } from "./withheld-output.js";

/** World milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface LossFigures {
  /** Missing, and their time was told. */
  covered: number;
  /** Missing, never handed to any connection, and counted by the service. */
  counted: number;
  /** Missing, and nothing in the protocol shows it: written to a dead connection just before it was cut, while nothing was printed. */
  undetectable: number;
  /** Never handed to any connection, by a service that does not say so, from a ring of less than the documented size. */
  unsaid: number;
  /** Came late, in a replay after another one. */
  late: number;
}

interface Gap {
  from: number;
  to: number;
}

class StreamRecord {
  high = 0;
  /** Inside of `0..high`, in order: what was not passed on. */
  gaps: Gap[] = [];
  /** `end` bytes were printed by `at`. */
  readonly prints: { readonly end: number; readonly at: number }[] = [];
  /** Never handed to a connection; `said`: the service's count of it has arrived. */
  readonly overflows: { readonly from: number; readonly to: number; readonly said: () => boolean }[] = [];
}

export class OutputLosses {
  readonly figures: LossFigures = { covered: 0, counted: 0, undetectable: 0, unsaid: 0, late: 0 };
  readonly #streams: StreamRecord[] = [];
  readonly #told: Span[] = [];
  readonly #dark: Span[] = [];
  /** The service's ring is as long as documented: a replay that fills it shows itself. */
  readonly #isRingKnown: boolean;
  readonly #fail: (message: string) => void;

  constructor(options: { isRingKnown: boolean; fail: (message: string) => void }) {
    this.#isRingKnown = options.isRingKnown;
    this.#fail = options.fail;
  }

  high(stream: number): number {
    return this.#of(stream).high;
  }

  /** Nothing is missing before `high`. */
  isWhole(stream: number): boolean {
    return this.#of(stream).gaps.length === 0;
  }

  printed(stream: number, end: number, at: number): void {
    this.#of(stream).prints.push({ end, at });
  }

  /** The service attached a connection, and `from..to` was overwritten before any connection was given it. */
  overflowed({ stream, from, to }: Piece, said: () => boolean): void {
    this.#of(stream).overflows.push({ from, to, said });
  }

  /** Somebody was told that output of this time may be missing. */
  told(span: Span): void {
    this.#told.push(span);
  }

  /** Output of this time may be missing, and nobody can know. */
  dark(span: Span): void {
    this.#dark.push(span);
  }

  /** @returns how many of the piece's bytes were passed on before. */
  passed({ stream, from, to }: Piece): number {
    const record = this.#of(stream);
    const repeated = this.repeated({ stream, from, to });
    if (from > record.high) record.gaps.push({ from: record.high, to: from });
    else if (record.gaps.length > 0) this.#fill(record, from, to);
    record.high = Math.max(record.high, to);
    return repeated;
  }

  /** How many of the piece's bytes were passed on before. */
  repeated({ stream, from, to }: Piece): number {
    const { gaps, high } = this.#of(stream);
    const end = Math.min(to, high);
    let bytes = Math.max(0, end - from);
    for (const gap of gaps) bytes -= Math.max(0, Math.min(gap.to, end) - Math.max(gap.from, from));
    return bytes;
  }

  /** At the end: everything that is missing must have been said, in one way or another. */
  check(): void {
    for (const [stream, record] of this.#streams.entries()) {
      for (const gap of record?.gaps ?? []) this.#judge(stream, record as StreamRecord, gap);
    }
  }

  #judge(stream: number, record: StreamRecord, gap: Gap): void {
    const { figures } = this;
    let from = gap.from;
    while (from < gap.to) {
      const print = record.prints.find(({ end }) => end > from);
      const { isOverwritten, isSaid, end } = overwritten(record, from);
      const to = Math.min(gap.to, print?.end ?? gap.to, end);
      const at = print?.at ?? 0;
      const holds = (span: Span) => span.from <= at && at <= span.to;
      if (this.#told.some(holds)) figures.covered += to - from;
      else if (isSaid) figures.counted += to - from;
      else if (isOverwritten && !this.#isRingKnown) figures.unsaid += to - from;
      else if (this.#dark.some(holds)) figures.undetectable += to - from;
      else {
        const how = isOverwritten ? "overwritten" : "lost on the way";
        this.#fail(
          `${to - from} bytes (${stream}:${from}), printed at ${at}, were ${how}, and nobody was told`,
        );
      }
      from = to;
    }
  }

  #fill(record: StreamRecord, from: number, to: number): void {
    const left: Gap[] = [];
    for (const gap of record.gaps) {
      const start = Math.max(gap.from, from);
      const end = Math.min(gap.to, to);
      if (end <= start) {
        left.push(gap);
        continue;
      }
      this.figures.late += end - start;
      if (gap.from < start) left.push({ from: gap.from, to: start });
      if (end < gap.to) left.push({ from: end, to: gap.to });
    }
    record.gaps = left;
  }

  #of(stream: number): StreamRecord {
    this.#streams[stream] ??= new StreamRecord();
    return this.#streams[stream];
  }
}

/** Whether the byte at `at` was overwritten, and up to where the answer is the same. */
function overwritten(
  record: StreamRecord,
  at: number,
): { isOverwritten: boolean; isSaid: boolean; end: number } {
  let end = Number.POSITIVE_INFINITY;
  let isOverwritten = false;
  let isSaid = false;
  for (const { from, to, said } of record.overflows) {
    if (at < from) end = Math.min(end, from);
    else if (at < to) {
      end = Math.min(end, to);
      isOverwritten = true;
      isSaid ||= said();
    }
  }
  return { isOverwritten, isSaid, end };
}
