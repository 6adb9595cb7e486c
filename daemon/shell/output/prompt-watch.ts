// Follows OSC 133, by which a program says where its prompt begins, where typing begins, and how a command ended.
import type { PromptState } from "../../../shared/prompt.js";

const ESC = 0x1b;
const BEL = 0x07;
const START = [ESC, 0x5d, 0x31, 0x33, 0x33, 0x3b]; // ESC ] 1 3 3 ;
const WHOLE_START = Buffer.from(START);
/** Our bound: of a longer mark only the beginning counts. */
const MAX_BODY = 64;

/** Costs a memory search per chunk, as long as there are no marks in it. */
export class PromptWatch {
  #state: PromptState | undefined;
  /** How much of `START` has come. */
  #matched = 0;
  #body: string | undefined;

  /** Undefined: the program has never marked a prompt. */
  get state(): PromptState | undefined {
    return this.#state;
  }

  /** Another terminal answers: what the old one said is of no use. */
  reset(): void {
    this.#state = undefined;
    this.#matched = 0;
    this.#body = undefined;
  }

  /** @param bytes output, cut anywhere */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#matched === 0) {
        at = nextMark(bytes, at);
        if (at === -1) return;
      }
      this.#step(bytes[at++] as number);
    }
  }

  #step(byte: number): void {
    if (this.#body === undefined) {
      if (byte === START[this.#matched]) this.#matched++;
      else this.#matched = byte === ESC ? 1 : 0;
      if (this.#matched === START.length) this.#body = "";
      return;
    }
    if (byte === BEL || byte === ESC) this.#handle(this.#body);
    // CAN and SUB abort a string, and so do other control characters for our purpose.
    if (byte < 0x20) {
      this.#body = undefined;
      this.#matched = byte === ESC ? 1 : 0;
    } else if (this.#body.length < MAX_BODY) this.#body += String.fromCharCode(byte);
  }

  /** @param body such as `A`, `B`, `C;cmdline=...`, `D;130;aid=7` */
  #handle(body: string): void {
    const [mark, ...fields] = body.split(";");
    const exitCode = this.#state?.exitCode;
    const known = exitCode === undefined ? {} : { exitCode };
    // P is a prompt that may be of another kind, N one after an unfinished line.
    if (mark === "A" || mark === "P" || mark === "N") this.#state = { phase: "prompt", ...known };
    else if (mark === "B" || mark === "I") this.#state = { phase: "input", ...known };
    else if (mark === "C") this.#state = { phase: "running", ...known };
    else if (mark === "D") {
      const field = fields[0] ?? "";
      this.#state = { phase: "prompt", ...(/^\d{1,3}$/.test(field) ? { exitCode: Number(field) } : {}) };
    }
  }
}

/** Where a mark begins, or what may become one with the next bytes. */
function nextMark(bytes: Uint8Array, from: number): number {
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(WHOLE_START, from);
  return found === -1 ? bytes.indexOf(ESC, Math.max(from, bytes.length - START.length + 1)) : found;
}
