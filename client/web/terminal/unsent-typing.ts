// Typing that still waits for the connection when its person leaves: asked about where the browser lets us, and said where not.
/// <reference lib="dom" />
import { formatBytes } from "../../../shared/measures.js";
import { toast } from "../toast.js";

export interface Typing {
  readonly name: string;
  /** Bytes that wait, and are dropped with the view. */
  readonly heldBytes: number;
}

/** Until the returned function is called, which says what is dropped now. */
export function watchUnsentTyping(typing: Typing): () => void {
  // For a tab that is closed or loaded anew.
  const ask = (event: BeforeUnloadEvent) => {
    if (typing.heldBytes > 0) event.preventDefault();
  };
  window.addEventListener("beforeunload", ask);
  return () => {
    window.removeEventListener("beforeunload", ask);
    const { heldBytes, name } = typing;
    if (heldBytes > 0) toast(`${formatBytes(heldBytes)} of typing for ${name} not sent`);
  };
}
