// Which replay model each server follows, as far as its replays have shown it.
import type { ReplayModel } from "./replay-resolver.js";

/** Servers remembered; the one that nothing was learned about for longest goes first. */
const MAX_KEYS = 256;

/** What is forgotten or reset costs one replay's delay, never a byte. */
export class ReplayKnowledge {
  readonly #models = new Map<string, ReplayModel>();

  modelOf(key: string): ReplayModel {
    return this.#models.get(key) ?? "unknown";
  }

  /** Evidence for one model; evidence against the one believed so far leaves neither. */
  learn(key: string, model: ReplayModel): void {
    const before = this.modelOf(key);
    this.#models.delete(key);
    if (model === "unknown" || (before !== "unknown" && before !== model)) return;
    this.#models.set(key, model);
    if (this.#models.size <= MAX_KEYS) return;
    for (const oldest of this.#models.keys()) {
      this.#models.delete(oldest);
      return;
    }
  }
}
