// Scrolls a terminal by a finger, which xterm.js leaves to whoever embeds it: the lines follow the finger, and go on a little.
/// <reference lib="dom" />
import type { Terminal } from "@xterm/xterm";

/** What is left of the speed after a millisecond without a finger. */
const DECAY_PER_MS = 0.997;
/** Slower than this is standing still. CSS pixels per millisecond. */
const SLOWEST = 0.02;

/** Invariant: a finger moves what can be moved by pixels (a mirror that is taller than its window) first, then the lines. */
export class TouchScroll {
  readonly #host: HTMLElement;
  readonly #terminal: Terminal;
  #at = { x: 0, y: 0, time: 0 };
  /** CSS pixels per millisecond, down is positive. */
  #speed = 0;
  /** Pixels that are not a whole line yet. */
  #rest = 0;
  #frame = 0;
  #isScrolling = false;

  constructor(host: HTMLElement, terminal: Terminal) {
    this.#host = host;
    this.#terminal = terminal;
    host.addEventListener("touchstart", (event) => this.#handleStart(event), { passive: true });
    host.addEventListener("touchmove", (event) => this.#handleMove(event), { passive: true });
    host.addEventListener("touchend", (event) => this.#handleEnd(event), { passive: true });
    host.addEventListener("touchcancel", () => this.stop(), { passive: true });
  }

  /** While what is typed comes from a finger that scrolls: that is looking on, not typing. */
  get isScrolling(): boolean {
    return this.#isScrolling;
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#speed = 0;
  }

  #handleStart({ timeStamp, touches }: TouchEvent): void {
    this.stop();
    this.#rest = 0;
    const [touch] = touches;
    if (touch !== undefined) this.#at = { x: touch.clientX, y: touch.clientY, time: timeStamp };
  }

  #handleMove({ timeStamp, touches }: TouchEvent): void {
    const [touch] = touches;
    if (touch === undefined || touches.length > 1) return;
    const pixels = this.#at.y - touch.clientY;
    const ms = Math.max(1, timeStamp - this.#at.time);
    this.#at = { x: touch.clientX, y: touch.clientY, time: timeStamp };
    this.#speed = 0.6 * (pixels / ms) + 0.4 * this.#speed;
    this.#scroll(pixels);
  }

  #handleEnd({ timeStamp }: TouchEvent): void {
    // A finger that has rested before it left does not throw.
    if (timeStamp - this.#at.time > 60 || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    let before = performance.now();
    const step = (now: number) => {
      const ms = Math.max(0, now - before);
      before = now;
      this.#speed *= DECAY_PER_MS ** ms;
      if (Math.abs(this.#speed) < SLOWEST || !this.#host.isConnected) return;
      this.#scroll(this.#speed * ms);
      this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  #scroll(pixels: number): void {
    const { scrollTop } = this.#host;
    this.#host.scrollTop += pixels;
    this.#rest += pixels - (this.#host.scrollTop - scrollTop);
    const { rows } = this.#terminal;
    const screen = this.#host.querySelector(".xterm-screen");
    if (screen === null || screen.clientHeight === 0) return;
    const lines = Math.trunc((this.#rest * rows) / screen.clientHeight);
    if (lines === 0) return;
    this.#rest -= (lines * screen.clientHeight) / rows;
    this.#scrollLines(lines, screen);
  }

  /** A program that has the mouse or the whole screen gets what it gets of a wheel. */
  #scrollLines(lines: number, screen: Element): void {
    const { buffer, modes } = this.#terminal;
    if (buffer.active.type === "normal" && modes.mouseTrackingMode === "none") {
      this.#terminal.scrollLines(lines);
      return;
    }
    const wheel = {
      deltaMode: WheelEvent.DOM_DELTA_LINE,
      deltaY: Math.sign(lines),
      clientX: this.#at.x,
      clientY: this.#at.y,
      bubbles: true,
      cancelable: true,
    };
    this.#isScrolling = true;
    for (let line = 0; line < Math.abs(lines); line++) screen.dispatchEvent(new WheelEvent("wheel", wheel));
    this.#isScrolling = false;
  }
}
