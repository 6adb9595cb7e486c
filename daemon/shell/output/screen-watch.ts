// Follows a shell's screen for somebody who looks at it from outside: whole frames, as seldom as the eye allows.
import type { ScreenFrame } from "../../../shared/rpc.js";
import { type ScreenView, screenView } from "../../terminal/reading/screen-view.js";
import type { Clock } from "../../upstream/clock.js";
import type { Registry } from "../registry.js";

/** 15 frames a second. */
const FRAME_MS = 67;
/** From the protocol: no screen has more rows. */
const ALL_ROWS = 1000;

export interface ScreenWatchOptions {
  /** At most so many lines. */
  readonly rows?: number | undefined;
  /** Whether a frame would be read now; else the screen is not even looked at. */
  isReady(): boolean;
  show(frame: ScreenFrame): void;
}

interface Watched {
  readonly clock: Clock;
  name(): string;
  look(): Promise<ScreenView>;
}

/**
 * Invariants: a frame is sent only when it differs from the last one, and at most every FRAME_MS; while nothing changes, and what
 * was sent is read, there is no timer; one look at the screen at a time, so that a flood is looked at as often as the screen can be
 * drawn; for somebody who does not read, nothing is drawn.
 */
export class ScreenWatch {
  readonly #watched: Watched;
  readonly #viewer: Pick<ScreenWatchOptions, "isReady" | "show">;
  #last = "";
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isDirty = false;
  #isLooking = false;
  #cancel: (() => void) | undefined;
  #ended = false;

  constructor(watched: Watched, viewer: Pick<ScreenWatchOptions, "isReady" | "show">) {
    this.#watched = watched;
    this.#viewer = viewer;
  }

  /** The screen may have changed. */
  touch(): void {
    this.#isDirty = true;
    if (this.#ended || this.#isLooking || this.#cancel !== undefined) return;
    const { clock } = this.#watched;
    const waitMs = this.#viewer.isReady() ? this.#lookedAt + FRAME_MS - clock.monotonic() : FRAME_MS;
    if (waitMs <= 0) void this.#look();
    else {
      this.#cancel = clock.setTimeout(() => {
        this.#cancel = undefined;
        this.touch();
      }, waitMs);
    }
  }

  end(): void {
    this.#ended = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    this.#isDirty = false;
    this.#isLooking = true;
    this.#lookedAt = this.#watched.clock.monotonic();
    try {
      this.#show(await this.#watched.look());
    } catch {
      // The shell was forgotten, which events say.
      this.end();
    }
    this.#isLooking = false;
    if (this.#isDirty) this.touch();
  }

  #show(view: ScreenView): void {
    if (this.#ended) return;
    const frame: ScreenFrame = { name: this.#watched.name(), ...view };
    const text = JSON.stringify(frame);
    if (text === this.#last) return;
    this.#last = text;
    this.#viewer.show(frame);
  }
}

/** Sends frames until the returned function is called. @throws AgentdError `shell_not_found`. */
export function watchScreen(
  registry: Registry,
  name: string,
  { clock, rows = ALL_ROWS, ...viewer }: ScreenWatchOptions & { readonly clock: Clock },
): () => void {
  const shell = registry.get(name);
  const watch = new ScreenWatch(
    {
      clock,
      name: () => shell.record.name,
      look: () => shell.output.scan((state) => screenView(state, rows)),
    },
    viewer,
  );
  const stopWatching = shell.output.watchers.add(() => watch.touch());
  // A new size or another terminal in its place changes the screen without output.
  const unsubscribe = registry.subscribe((event) => {
    if (event.kind !== "forgotten" && event.shell.name === shell.record.name) watch.touch();
  });
  watch.touch();
  return () => {
    stopWatching();
    unsubscribe();
    watch.end();
  };
}
