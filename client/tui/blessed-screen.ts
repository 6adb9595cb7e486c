// The user's terminal through blessed: keys, mouse, sizes, and the modes that are switched on and given back.
import createProgram, { type BlessedKey, type Program } from "blessed/lib/program.js";
import { writeCrash } from "../crash-line.js";
import type { Canvas } from "./canvas.js";
import { frameDiff } from "./frame-diff.js";
import type { TypedKey } from "./line-editor.js";
import { mouseEvents, withoutMouse } from "./mouse-events.js";

export interface ScreenHandlers {
  onKey(key: TypedKey): void;
  onClick(x: number, y: number): void;
  onWheel(y: number, lines: number): void;
  onResize(): void;
  /** The terminal is gone, or a signal asks to leave; the terminal has been given back. @param status for the exit */
  onEnd(status: number): void;
}

const CSI = "\u001b[";
const PASTE_ON = `${CSI}?2004h`;
/** Also what blessed switches on, for the ways out that it does not see. */
const ALL_OFF = `${CSI}?2026l${CSI}?2004l${CSI}?1000l${CSI}?1002l${CSI}?1006l${CSI}?25h${CSI}m${CSI}?1049l`;
const MOUSE = { vt200Mouse: true, cellMotion: true, sgrMouse: true };
const MOUSE_OFF = { vt200Mouse: false, cellMotion: false, sgrMouse: false };
const WHEEL_LINES = 3;

const ENDING_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

/**
 * Of blessed only the program is used, not its widgets: those know 256 colours, neither dim nor italic, and the widths of 2012.
 * Invariant: from `enter` until `leave`, every way out of this process gives the terminal back.
 */
export class BlessedScreen {
  readonly #handlers: ScreenHandlers;
  #program: Program | undefined;
  /** What the terminal shows. */
  #shown: Canvas | undefined;
  #paste: string | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(handlers: ScreenHandlers) {
    this.#handlers = handlers;
    this.#listen(process, "exit", () => this.leave());
    for (const [signal, status] of Object.entries(ENDING_SIGNALS))
      this.#listen(process, signal, () => this.#end(status));
    this.#listen(process, "uncaughtException", (error) => this.#crash(error));
    this.#listen(process, "unhandledRejection", (error) => this.#crash(error));
    this.#listen(process.stdout, "error", () => this.#end(129));
    this.#listen(process.stdin, "error", () => this.#end(129));
    this.#listen(process.stdin, "end", () => this.#end(129));
  }

  get isEntered(): boolean {
    return this.#program !== undefined;
  }

  get cols(): number {
    return process.stdout.columns || 80;
  }

  get rows(): number {
    return process.stdout.rows || 24;
  }

  enter(): void {
    if (this.#program !== undefined) return;
    const program = createProgram({
      input: process.stdin,
      output: process.stdout,
      terminal: "xterm-256color",
    });
    this.#program = program;
    this.#shown = undefined;
    program.alternateBuffer();
    program.hideCursor();
    program.setMouse(MOUSE, true);
    program.write(PASTE_ON);
    program.on("data", (bytes) => this.#handleMouse(bytes));
    program.on("keypress", (text, key) => this.#handleKey(text, key));
    program.on("resize", () => this.#handlers.onResize());
    // The marks of a paste are no keys to blessed.
    program.input.on("keypress", this.#onRawKey);
    process.on("SIGTSTP", this.#onStop);
    process.on("SIGCONT", this.#onContinue);
  }

  /** Gives the terminal back; clears nothing of what was on it before. */
  leave(): void {
    const program = this.#program;
    if (program === undefined) return;
    this.#program = undefined;
    process.off("SIGTSTP", this.#onStop);
    process.off("SIGCONT", this.#onContinue);
    try {
      program.input.off("keypress", this.#onRawKey);
      program.setMouse(MOUSE_OFF, false);
      program.showCursor();
      program.write(ALL_OFF);
      program.destroy();
    } catch {
      // A terminal that is gone takes nothing.
    }
  }

  draw(canvas: Canvas): void {
    if (this.#program === undefined) return;
    const bytes = frameDiff(this.#shown, canvas);
    this.#shown = canvas;
    if (bytes !== "") this.#program.write(bytes);
  }

  /** The next frame is drawn whole: something else has written to the terminal. */
  forget(): void {
    this.#shown = undefined;
  }

  /** Ends the listening as well: the process can go on without a TUI. */
  dispose(): void {
    this.leave();
    for (const stop of this.#listeners.splice(0)) stop();
  }

  /** Ctrl-Z: as if the terminal's driver had seen it. */
  suspend(): void {
    this.#onStop();
  }

  readonly #onStop = (): void => {
    this.leave();
    const back = () => {
      this.enter();
      this.#handlers.onResize();
    };
    process.once("SIGCONT", back);
    process.kill(process.pid, "SIGSTOP");
  };

  /** After a SIGSTOP, which nobody sees coming: the user's shell has had the terminal. */
  readonly #onContinue = (): void => {
    this.leave();
    this.enter();
    this.#handlers.onResize();
  };

  readonly #onRawKey = (_text: string | undefined, key: BlessedKey | undefined): void => {
    if (key?.code === "[200~") this.#paste = "";
    if (key?.code !== "[201~" || this.#paste === undefined) return;
    const text = this.#paste;
    this.#paste = undefined;
    if (text !== "") this.#handlers.onKey({ key: "paste", text });
  };

  #handleKey(text: string | undefined, key: BlessedKey): void {
    const isTyped =
      text !== undefined && key.ctrl !== true && key.meta !== true && text >= " " && text !== "\u007f";
    if (this.#paste !== undefined) {
      if (isTyped) this.#paste += text;
      return;
    }
    const name = keyName(text, key);
    if (name === "C-z") this.suspend();
    else if (name !== undefined) this.#handlers.onKey({ key: name, ...(isTyped ? { text } : {}) });
  }

  #handleMouse(bytes: Uint8Array): void {
    const input = Buffer.from(bytes).toString("latin1");
    for (const event of mouseEvents(input)) {
      if (event.kind === "press") this.#handlers.onClick(event.x, event.y);
      else this.#handlers.onWheel(event.y, event.step * WHEEL_LINES);
    }
    const keys = withoutMouse(input);
    if (keys !== "" && keys !== input) this.#program?.input.emit("data", Buffer.from(keys, "latin1"));
  }

  #end(status: number): void {
    this.leave();
    this.#handlers.onEnd(status);
  }

  #crash(error: unknown): never {
    this.leave();
    writeCrash(error);
    process.exit(70);
  }

  #listen(source: NodeJS.EventEmitter, event: string, listener: (value: unknown) => void): void {
    source.on(event, listener);
    this.#listeners.push(() => source.off(event, listener));
  }
}

/** `up`, `C-c`, `S-tab`, `x`, `R`; undefined for what blessed sends twice or does not know. */
function keyName(text: string | undefined, { ctrl, meta, name, shift }: BlessedKey): string | undefined {
  // It sends Enter as `enter` and as `return`.
  if (name === "return" || name === "linefeed") return undefined;
  if (
    text !== undefined &&
    ctrl !== true &&
    meta !== true &&
    name !== "enter" &&
    text > " " &&
    text !== "\u007f"
  )
    return text;
  if (name === undefined) return undefined;
  return `${ctrl === true ? "C-" : ""}${meta === true ? "M-" : ""}${shift === true ? "S-" : ""}${name}`;
}
