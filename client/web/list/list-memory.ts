// What the list remembers while a shell is looked at: who comes back finds it as it was.
import type { KnownPreviews } from "./previews.js";

export interface ListMemory {
  filter: string;
  readonly previews: KnownPreviews;
  /** The shell that was looked at: the keyboard goes on there. */
  from: string | undefined;
}

export function newListMemory(): ListMemory {
  return { filter: "", previews: new Map(), from: undefined };
}
