// The screen of a shell at one place in its output, kept in memory for the daemon that comes after the one that drew it.
import { isSize } from "../../shared/size.js";
import type { Snapshot } from "../../shared/snapshot.js";
import { MAX_CHECKPOINT_BYTES } from "../../shared/snapshot.js";

/** Where the shell's output stands, and what of it is held: absolute offsets. */
export interface CheckpointPlace {
  readonly epoch: string;
  readonly start: number;
  readonly end: number;
}

/** What a daemon says of its checkpoint, as it came; undefined when it cannot be one. The bytes are not looked at: they are output. */
export function readCheckpoint(query: URLSearchParams, bytes: Uint8Array): Snapshot | undefined {
  const count = (name: string) => (/^\d{1,15}$/.test(query.get(name) ?? "") ? Number(query.get(name)) : -1);
  const [offset, cols, rows] = [count("offset"), count("cols"), count("rows")];
  const epoch = query.get("epoch") ?? "";
  if (offset < 0 || !isSize(cols, rows) || bytes.length > MAX_CHECKPOINT_BYTES) return undefined;
  return { epoch, offset, size: { cols, rows }, bytes };
}

/** The latest checkpoint of one shell. Invariant: what is kept is of this epoch, and all output that came behind it is held too. */
export class KeptCheckpoint {
  #kept: Snapshot | undefined;

  get current(): Snapshot | undefined {
    return this.#kept;
  }

  get heldBytes(): number {
    return this.#kept?.bytes.length ?? 0;
  }

  /** @returns false when it is of another terminal, or of a place that the output cannot be continued from, or an older one. */
  keep(checkpoint: Snapshot, { epoch, start, end }: CheckpointPlace): boolean {
    const isOfPlace = checkpoint.epoch === epoch && checkpoint.offset >= start && checkpoint.offset <= end;
    if (!isOfPlace || checkpoint.offset < (this.#kept?.offset ?? 0)) return false;
    this.#kept = checkpoint;
    return true;
  }

  /** The output from its place on is not held any more. */
  freeBefore(start: number): void {
    if (this.#kept !== undefined && this.#kept.offset < start) this.#kept = undefined;
  }

  free(): void {
    this.#kept = undefined;
  }
}
