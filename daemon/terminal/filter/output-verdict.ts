// What may become of one whole escape sequence, and what its judges need to know besides its bytes.

/** It passes as it is, it goes, or these bytes take its place. */
export type Verdict = "pass" | "drop" | string;

/** What the person wants to be told of: each kind is said at most every 5 seconds. */
export type BlockedKind = "clipboard";

export interface VerdictContext {
  /** The output is of the past: nothing in it may ring, notify or write a second time. */
  readonly replaying: boolean;
  /** Programs may write the clipboard; none may ever read it. */
  readonly clipboard: boolean;
  /** The shell's name, for texts that leave its window. */
  readonly name: string;
  /** Takes the next turn for a notification; false: there was one a moment ago. */
  takeTurn(): boolean;
  /** A write to the clipboard was kept back. */
  blocked(what: BlockedKind, bytes: number): void;
}

/** Bytes as one character each, so that sequences can be judged as text. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}
