// What the shells on the list show right now: asked for one at a time, and only while somebody looks.
/// <reference lib="dom" />
import type { Directory } from "../link/directory.js";
import { tellingLines } from "./styled-text.js";

const PREVIEW_LINES = 12;
/** Between two questions: at most five a second, whatever the number of shells. */
const PAUSE_MS = 200;
/** A shell is asked again after this long at the earliest. */
const AGAIN_MS = 2000;

export interface Preview {
  /** A part of its screen, with colours. */
  readonly text: string;
  /** When it was last seen to change, milliseconds since 1970; undefined: it has not since this page looks. */
  readonly changedAt: number | undefined;
}

/** By name. */
export type KnownPreviews = Map<string, Preview & { readonly askedAt: number }>;

/** Invariant: one question at a time; a shell that is gone leaves nothing behind. */
export class Previews {
  readonly #directory: Directory;
  readonly #wanted: () => readonly string[];
  readonly #onChange: (name: string) => void;
  readonly #known: KnownPreviews;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #stopped = false;

  /** @param known what was seen before, and is added to. @param wanted the names of shells whose preview can be seen now. */
  constructor(
    directory: Directory,
    known: KnownPreviews,
    wanted: () => readonly string[],
    onChange: (name: string) => void,
  ) {
    this.#directory = directory;
    this.#known = known;
    this.#wanted = wanted;
    this.#onChange = onChange;
  }

  start(): void {
    this.#schedule(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  get(name: string): Preview | undefined {
    return this.#known.get(name);
  }

  /** Those that are new to the list should not wait for their turn. */
  hurry(): void {
    if (!this.#stopped) this.#schedule(0);
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#askNext(), ms);
  }

  async #askNext(): Promise<void> {
    // Whoever asks goes on with the next one.
    if (this.#isAsking) return;
    const name = this.#longestWaiting();
    // What has never been seen is not kept waiting.
    const isNew = name !== undefined && !this.#known.has(name);
    this.#isAsking = true;
    if (name !== undefined) await this.#ask(name);
    this.#isAsking = false;
    if (!this.#stopped) this.#schedule(isNew ? 0 : PAUSE_MS);
  }

  #longestWaiting(): string | undefined {
    if (document.visibilityState !== "visible" || this.#directory.state.kind !== "live") return undefined;
    for (const name of this.#known.keys()) if (!this.#directory.shells.has(name)) this.#known.delete(name);
    const before = performance.now() - AGAIN_MS;
    const askedAt = (name: string) => this.#known.get(name)?.askedAt ?? Number.NEGATIVE_INFINITY;
    const due = this.#wanted().filter((name) => askedAt(name) < before);
    return due.sort((a, b) => askedAt(a) - askedAt(b))[0];
  }

  async #ask(name: string): Promise<void> {
    const before = this.#known.get(name);
    const askedAt = performance.now();
    try {
      const answer = await this.#directory.call("shell.capture", { name, ansi: true });
      const text = tellingLines(answer.text ?? "", PREVIEW_LINES);
      const changed = before !== undefined && before.text !== text;
      this.#known.set(name, { text, askedAt, changedAt: changed ? Date.now() : before?.changedAt });
      if (!this.#stopped && (changed || before === undefined)) this.#onChange(name);
    } catch {
      // It has no screen now, or is gone: what is known stays.
      this.#known.set(name, { text: before?.text ?? "", askedAt, changedAt: before?.changedAt });
    }
  }
}
