// While a window is dragged its sizes come in a storm: the first one goes out at once, the last one a moment later.

/** Sizes go out with so much time between them. */
const RESIZE_INTERVAL_MS = 100;

export class SizeStorm {
  readonly #send: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param send sends the size that the window has then */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** The window has another size. */
  push(): void {
    if (this.#timer !== undefined) return;
    this.#send();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, RESIZE_INTERVAL_MS);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}
