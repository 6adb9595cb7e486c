// Where output begins whose beginning is missing: not inside a sequence or a character, so that no piece of one shows as text.

const LF = 0x0a;
const BEL = 0x07;
const ESC = 0x1b;
const BACKSLASH = 0x5c;

/** Looked through for a safe place; without one, output begins behind it. */
const BOUND_BYTES = 4096;

/** Parameters and a final byte, as the rest of a control sequence: `6m`, `?25h`, `;1H`. Text that begins with a number of one letter, such as `3d`, looks the same. */
const REST_OF_CONTROL = /^[0-9;:?<=>]{1,64}[@A-Za-z`]/;

/**
 * `cut`: it is known that output is missing before. Begins at the first ESC, or behind the first line feed.
 * `perhaps`: a server that does not count sends what may be all there ever was. Only what looks like the rest of a sequence or
 * of a character is left out.
 * `gap`: clients have seen what came before, and are told how much is missing: nothing more is left out.
 */
export type Beginning = "cut" | "perhaps" | "gap";

/** Invariant: leaves out a prefix of what comes after `begin`, of at most `BOUND_BYTES` and the rest of a character. */
export class ReplayStart {
  /** Undefined: it has been found where to begin. */
  #beginning: Exclude<Beginning, "gap"> | undefined;
  #passed = 0;
  #isCut = false;

  /** Output of the present connection begins in the midst of what there was. */
  begin(beginning: Beginning): void {
    this.#beginning = beginning === "gap" ? undefined : beginning;
    this.#passed = 0;
    this.#isCut = true;
  }

  /** The replay is over: what follows is live, and whole. @returns whether the beginning was missing. */
  end(): boolean {
    const wasCut = this.#isCut;
    this.forget();
    return wasCut;
  }

  /** Whole output follows. */
  forget(): void {
    this.#beginning = undefined;
    this.#isCut = false;
  }

  /** How many bytes of the next piece of the output, which is `chunk` from there on, are not to be shown. */
  push(chunk: Uint8Array, from = 0): number {
    if (this.#beginning === undefined || from === chunk.length) return 0;
    const bytes = chunk.subarray(from);
    const found =
      this.#beginning === "perhaps"
        ? restOfSequence(bytes, afterContinuation(bytes, 0))
        : this.#safePlace(bytes);
    if (found !== undefined) this.#beginning = undefined;
    this.#passed += found ?? bytes.length;
    return found ?? bytes.length;
  }

  #safePlace(bytes: Uint8Array): number | undefined {
    const bound = Math.min(bytes.length, BOUND_BYTES - this.#passed);
    for (let at = 0; at < bound; at++) {
      if (bytes[at] === ESC) return at;
      if (bytes[at] === LF) return at + 1;
    }
    return bound === bytes.length ? undefined : afterContinuation(bytes, bound);
  }
}

function afterContinuation(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < from + 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}

/** Where the rest of a sequence that seems to stand at `from` ends; `from` when there seems to be none. */
function restOfSequence(bytes: Uint8Array, from: number): number {
  const head = bytes.subarray(from, from + BOUND_BYTES);
  const control = REST_OF_CONTROL.exec(Buffer.from(head.subarray(0, 80)).toString("latin1"));
  if (control !== null) return from + control[0].length;
  const at = head.findIndex((byte) => byte < 0x20 && byte !== 0x09);
  if (head[at] === BEL) return from + at + 1;
  return head[at] === ESC && head[at + 1] === BACKSLASH ? from + at + 2 : from;
}
