// How a shell's screen looks to those who follow it.

/** The parameters of a `screen` notification: what is on a shell's screen, or the part of it that was asked for. */
export interface ScreenFrame {
  readonly name: string;
  /** The size of the whole screen. */
  readonly cols: number;
  readonly rows: number;
  /** Row of the screen that `lines[0]` is. The part that is shown holds the cursor. */
  readonly top: number;
  /** Printable text and SGR sequences, nothing else; every line begins and ends plain. */
  readonly lines: readonly string[];
  /** On the whole screen, from 0; absent while the program hides it. */
  readonly cursor?: { readonly x: number; readonly y: number };
}
