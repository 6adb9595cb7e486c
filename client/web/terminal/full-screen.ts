// Full screen, in which a browser that can gives the page the keys that it keeps for itself.
/// <reference lib="dom" />

/** By their place on the keyboard. Escape too: else it would leave the full screen instead of reaching an editor; held down it leaves. */
const KEPT_KEYS = ["Escape", "KeyN", "KeyT", "KeyW"];

/** Of Chromium; not in the types. */
interface KeyboardLock {
  lock(codes: readonly string[]): Promise<void>;
  unlock(): void;
}

const keyboard = (): KeyboardLock | undefined => (navigator as { readonly keyboard?: KeyboardLock }).keyboard;

export class FullScreen {
  readonly #stop = new AbortController();

  /** @param onChange it was entered or left, by whatever way. */
  constructor(onChange: () => void) {
    document.addEventListener("fullscreenchange", () => onChange(), { signal: this.#stop.signal });
  }

  /** A telephone's browser may have none. */
  static get isPossible(): boolean {
    return document.fullscreenEnabled === true;
  }

  /** Whether Ctrl+W, Ctrl+T and Ctrl+N get to the shell there. */
  static get hasKeys(): boolean {
    return FullScreen.isPossible && keyboard() !== undefined;
  }

  get isOn(): boolean {
    return document.fullscreenElement !== null;
  }

  async toggle(): Promise<void> {
    if (this.isOn) return this.#leave();
    try {
      // All of the page: its dialogs are no part of the terminal.
      await document.documentElement.requestFullscreen({ navigationUI: "hide" });
      await keyboard()?.lock(KEPT_KEYS);
    } catch {
      // The browser says why; the window stays as it is, or has all but those keys.
    }
  }

  /** The terminal is left: nothing else has use for those keys, nor a way out. */
  dispose(): void {
    this.#stop.abort();
    if (this.isOn) void this.#leave();
  }

  async #leave(): Promise<void> {
    keyboard()?.unlock();
    await document.exitFullscreen().catch(() => {});
  }
}
