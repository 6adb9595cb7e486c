// Whoever follows a shell's output inside the daemon: the verbs that wait for something, and the previews.
import { PromptWatch } from "./prompt-watch.js";

/**
 * @param bytes output as it came, before the safety filter; valid during the call only
 * @param replayed they are of the past: a server sends again what it sent before
 */
export type OutputWatcher = (bytes: Uint8Array, replayed: boolean) => void;

/** Invariant: a watcher never delays the output; what it throws would end the connection, so it does not throw. */
export class OutputWatchers {
  /** What the program has said of its prompt. */
  readonly prompt = new PromptWatch();
  readonly #watchers = new Set<OutputWatcher>();

  /** @returns what ends the watching. */
  add(watcher: OutputWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  tell(bytes: Uint8Array, replayed: boolean): void {
    this.prompt.push(bytes);
    for (const watcher of this.#watchers) watcher(bytes, replayed);
  }
}
