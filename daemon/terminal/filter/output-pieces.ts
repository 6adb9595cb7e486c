// What comes out for one chunk of output, in pieces whose place in the input is known.

/** Output, and how many bytes of input it stands for: more than its own when some of them were dropped at its end. */
export interface OutputPiece {
  readonly bytes: Uint8Array;
  readonly consumed: number;
}

/** From each chunk: more would cost every client more than they tell. */
const MAX_PIECES = 64;

/** Invariant: the pieces so far stand for everything before `#clean`, and for what was held before the chunk. */
export class OutputPieces {
  readonly #chunk: Uint8Array;
  #pieces: OutputPiece[] = [];
  /** Where what is not in a piece yet begins. */
  #clean = 0;

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk;
  }

  /** `bytes` stand for the input from `begin`, which is negative for what came before the chunk, to `end`; what lies between passes. */
  replace(begin: number, end: number, bytes: Uint8Array): void {
    this.passUntil(begin);
    const last = this.#pieces.at(-1);
    if (bytes.length === 0 && last !== undefined) {
      this.#pieces[this.#pieces.length - 1] = { bytes: last.bytes, consumed: last.consumed + end - begin };
    } else this.#pieces.push({ bytes, consumed: end - begin });
    this.#clean = Math.max(0, end);
  }

  /** The chunk passes as it is up to there. */
  passUntil(end: number): void {
    if (end <= this.#clean) return;
    const isAll = this.#clean === 0 && end === this.#chunk.length;
    const bytes = isAll ? this.#chunk : this.#chunk.subarray(this.#clean, end);
    this.#pieces.push({ bytes, consumed: bytes.length });
    this.#clean = end;
  }

  take(): readonly OutputPiece[] {
    const pieces = this.#pieces;
    if (pieces.length <= MAX_PIECES) return pieces;
    return [...pieces.slice(0, MAX_PIECES - 1), joined(pieces.slice(MAX_PIECES - 1))];
  }
}

/** One piece that stands for all of them. */
export function joined(pieces: readonly OutputPiece[]): OutputPiece {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece.bytes, at);
    at += piece.bytes.length;
  }
  return { bytes, consumed: pieces.reduce((sum, piece) => sum + piece.consumed, 0) };
}
