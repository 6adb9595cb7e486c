// The last drawing of a shell, for the next one who attaches before anything has changed.
import type { DrawingView } from "../../terminal/drawing/drawing-view.js";

type Frames = readonly Uint8Array[];

/** Invariant: what `get` returns was drawn after the last `forget`. Whoever needs the memory may have it. */
export class LastDrawing {
  #key = "";
  #frames: WeakRef<Frames> | undefined;
  #version = 0;

  /** Output, or a size, came. */
  forget(): void {
    this.#version++;
    this.#frames = undefined;
  }

  async get(view: DrawingView | undefined, draw: () => Promise<Frames>): Promise<Frames> {
    const key = view === undefined ? "" : `${view.size.cols}x${view.size.rows} ${view.history}`;
    const known = key === this.#key ? this.#frames?.deref() : undefined;
    if (known !== undefined) return known;
    const version = this.#version;
    const frames = await draw();
    if (version === this.#version) {
      this.#key = key;
      this.#frames = new WeakRef(frames);
    }
    return frames;
  }
}
