// The private escape sequence by which a shell says where a run begins and ends, and the parser that finds it in the output.

const BEL = 0x07;
/** No terminal knows this number, and the safety filter lets no unknown OSC through: nobody sees it. */
const INTRODUCER = "\x1b]7717;agentd;";
/** Longest text between the nonce and the end. */
const MAX_BODY_BYTES = 64;

/** `ready;<name of the shell's program>`, `start`, `end;<status>` and `lost` are what a shell says. */
export type RunPiece =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "marker"; readonly word: string; readonly value: string };

/** The format string for `printf` in any shell: never holds the sequence itself, so its echo is no marker. */
export function markerFormat(nonce: string, word: string): string {
  return `\\033]7717;agentd;${nonce};${word}\\007`;
}

/**
 * Cuts output into markers of one run and the bytes between them.
 *
 * Invariants: all bytes that are not a marker of this nonce come out, in order, whatever the cuts; at most one marker's length
 * is held back.
 */
export class RunMarkers {
  readonly #prefix: Buffer;
  #held: Buffer = Buffer.alloc(0);

  constructor(nonce: string) {
    this.#prefix = Buffer.from(`${INTRODUCER}${nonce};`, "latin1");
  }

  /** @param bytes may be changed by the caller after the call only as far as no piece is a view of them */
  push(bytes: Uint8Array): RunPiece[] {
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const all = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
    const pieces: RunPiece[] = [];
    let from = 0;
    let search = 0;
    for (;;) {
      const at = all.indexOf(this.#prefix, search);
      if (at === -1) break;
      const body = at + this.#prefix.length;
      const end = all.indexOf(BEL, body);
      if (end === -1 && all.length - body <= MAX_BODY_BYTES) return this.#hold(pieces, all, from, at);
      search = body;
      if (end === -1 || end - body > MAX_BODY_BYTES) continue;
      pushBytes(pieces, all.subarray(from, at));
      const [word = "", value = ""] = all.toString("latin1", body, end).split(";");
      pieces.push({ kind: "marker", word, value });
      from = search = end + 1;
    }
    return this.#hold(pieces, all, from, all.length - this.#startedPrefix(all, search));
  }

  /** What is held back when nothing more will come. */
  rest(): Uint8Array {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    return held;
  }

  #hold(pieces: RunPiece[], all: Buffer, from: number, end: number): RunPiece[] {
    pushBytes(pieces, all.subarray(from, end));
    this.#held = Buffer.from(all.subarray(end));
    return pieces;
  }

  /** How many bytes at the end may be the beginning of the prefix. */
  #startedPrefix(all: Buffer, from: number): number {
    for (let count = Math.min(this.#prefix.length - 1, all.length - from); count > 0; count--) {
      const start = all.length - count;
      if (all[start] === 0x1b && all.compare(this.#prefix, 0, count, start) === 0) return count;
    }
    return 0;
  }
}

function pushBytes(pieces: RunPiece[], bytes: Uint8Array): void {
  if (bytes.length > 0) pieces.push({ kind: "bytes", bytes });
}
