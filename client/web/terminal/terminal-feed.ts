// Brings frames into the terminal, in order, and knows how far it got.
import { decodeSnapshotPart } from "../../../shared/snapshot.js";

/** What this needs of xterm.js. `done` is called when the bytes are parsed, before those written after them are. */
export interface ParsingTerminal {
  write(data: Uint8Array | string, done?: () => void): void;
}

/** STDOUT bytes of one epoch that the terminal has got. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Full reset: a snapshot is drawn on a cleared terminal. */
const RESET = "\u001bc";

/**
 * Invariants: `position` counts exactly the STDOUT bytes that were handed to the terminal, that a snapshot stands for, or
 * that the daemon kept back and said so. `isDrawing` holds while bytes of a snapshot are being parsed: nothing in them is a
 * question to this terminal.
 */
export class TerminalFeed {
  readonly #terminal: ParsingTerminal;
  readonly #onDrawn: () => void;
  position: Position | undefined;
  isDrawing = false;
  onOutput: () => void = () => {};

  /** @param onDrawn called after each whole snapshot. */
  constructor(terminal: ParsingTerminal, onDrawn: () => void) {
    this.#terminal = terminal;
    this.#onDrawn = onDrawn;
  }

  /** The payload of a STDOUT frame. */
  showOutput(payload: Uint8Array, parsed: () => void): void {
    if (this.position !== undefined)
      this.position = { epoch: this.position.epoch, offset: this.position.offset + payload.length };
    this.#terminal.write(payload, parsed);
    this.onOutput();
  }

  /** The payload of a SNAPSHOT frame; a malformed one only counts as read. */
  showSnapshot(payload: Uint8Array, parsed: () => void): void {
    const part = decodeSnapshotPart(payload);
    if (part === undefined) {
      parsed();
      return;
    }
    if (part.header !== undefined) {
      this.position = { epoch: part.header.epoch, offset: part.header.offset };
      this.#terminal.write(RESET, () => {
        this.isDrawing = true;
      });
    }
    this.#terminal.write(part.bytes, () => {
      parsed();
      if (!part.last) return;
      this.isDrawing = false;
      this.#onDrawn();
    });
  }

  /** The connection is gone: the rest of a snapshot will not come. */
  cutOff(): void {
    this.#terminal.write("", () => {
      this.isDrawing = false;
    });
  }

  /** The daemon says where the output stands. */
  moveTo(offset: number): void {
    if (this.position !== undefined) this.position = { epoch: this.position.epoch, offset };
  }
}
