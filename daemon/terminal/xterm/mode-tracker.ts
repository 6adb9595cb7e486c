// What xterm.js does not model but a client's terminal must know: keyboard protocols, foreign modes, colours, directory.
import type { Terminal } from "@xterm/headless";
import { finishHardReset } from "./xterm-repairs.js";

/** Private modes that xterm.js holds itself, or that are actions and not states, or that must not be restored (2026). */
const NOT_TRACKED = new Set([
  1, 2, 3, 6, 7, 9, 12, 25, 40, 45, 47, 66, 69, 1000, 1002, 1003, 1004, 1006, 1016, 1047, 1048, 1049, 2004,
  2026,
]);

/** Set off before a snapshot restores what is on; other foreign modes are only sent when a program has touched them. */
const RESET_MODES = [5, 1005, 1015, 2031, 2048];

const MAX_MODES = 64;
/** More than xterm has. */
const MAX_KEY_RESOURCE = 9;
/** From the protocol: terminals keep at least 8 entries and drop the oldest. */
const MAX_KITTY_DEPTH = 8;
const MAX_COLOR_SLOTS = 300;
const MAX_COLOR_CHARS = 64;
const MAX_TEXT_CHARS = 4096;

/** Keyboard flags of one screen: the first entry is the base, each further one was pushed. */
type KittyStack = number[];

export interface ModeTrackerOptions {
  onTitle?(title: string): void;
  onCwd?(cwd: string): void;
}

/** Listens to a terminal's parser, and never handles a sequence itself. */
export class ModeTracker {
  title: string | undefined;
  /** The path of the last OSC 7. */
  cwd: string | undefined;
  readonly #terminal: Terminal;
  readonly #options: ModeTrackerOptions;
  /** OSC 7 as it came: the client's terminal may want the host name too. */
  #cwdUri: string | undefined;
  #mainKeys: KittyStack = [0];
  #alternateKeys: KittyStack = [0];
  /** modifyOtherKeys and its relatives: resource → value. */
  readonly #keyModifiers = new Map<number, number>();
  readonly #modes = new Map<number, boolean>();
  /** `4;n` or `10`..`19` → colour; undefined: was set and is default again. */
  readonly #colors = new Map<string, string | undefined>();

  constructor(terminal: Terminal, options: ModeTrackerOptions = {}) {
    this.#terminal = terminal;
    this.#options = options;
    const { parser } = terminal;
    const csi = (prefix: string, final: string, handle: (params: readonly (number | number[])[]) => void) =>
      parser.registerCsiHandler({ prefix, final }, (params) => {
        handle(params);
        return false;
      });
    const osc = (code: number, handle: (data: string) => void) =>
      parser.registerOscHandler(code, (data) => {
        handle(data);
        return false;
      });
    terminal.onTitleChange((title) => this.#setTitle(title));
    csi("?", "h", (params) => this.#setModes(params, true));
    csi("?", "l", (params) => this.#setModes(params, false));
    csi(">", "m", (params) => this.#setKeyModifier(params));
    csi(">", "n", (params) => this.#keepKeyModifier(numberAt(params, 0, 2), -1));
    csi(">", "u", (params) => this.#pushKeys(numberAt(params, 0, 0)));
    csi("<", "u", (params) => this.#popKeys(numberAt(params, 0, 1) || 1));
    csi("=", "u", (params) => this.#changeKeys(numberAt(params, 0, 0), numberAt(params, 1, 1) || 1));
    osc(4, (data) => this.#setPalette(data));
    osc(104, (data) => this.#resetPalette(data));
    for (let code = 10; code <= 19; code++) {
      osc(code, (data) => this.#setSpecialColors(code, data));
      osc(code + 100, () => this.#resetColor(String(code)));
    }
    osc(7, (data) => this.#setCwd(data));
    parser.registerEscHandler({ final: "c" }, () => {
      this.#hardReset();
      return false;
    });
  }

  /** Brings a terminal of unknown history to the defaults of everything tracked here. */
  resetSequence(): string {
    const modes = RESET_MODES.map((mode) => `\x1b[?${mode}l`).join("");
    return `${modes}\x1b[>4m\x1b[<99u`;
  }

  /** Restores what does not belong to one screen. */
  restoreSequence(): string {
    let text = "";
    for (const [slot, color] of this.#colors) {
      if (color !== undefined) text += `\x1b]${slot};${color}\x1b\\`;
      else text += slot.startsWith("4;") ? `\x1b]104;${slot.slice(2)}\x1b\\` : `\x1b]1${slot}\x1b\\`;
    }
    for (const [mode, on] of this.#modes) text += `\x1b[?${mode}${on ? "h" : "l"}`;
    for (const [resource, value] of this.#keyModifiers) {
      text += value < 0 ? `\x1b[>${resource}n` : `\x1b[>${resource};${value}m`;
    }
    if (this.#cwdUri !== undefined) text += `\x1b]7;${this.#cwdUri}\x1b\\`;
    if (this.title !== undefined) text += `\x1b]2;${this.title}\x1b\\`;
    return text;
  }

  /** Restores one screen's stack of keyboard flags, with its depth; the terminal must be on that screen. */
  keyboardSequence(screen: "main" | "alternate"): string {
    const [base = 0, ...pushed] = screen === "main" ? this.#mainKeys : this.#alternateKeys;
    const reset = screen === "main" ? "" : "\x1b[<99u";
    return `${reset}${base === 0 ? "" : `\x1b[=${base};1u`}${pushed.map((flags) => `\x1b[>${flags}u`).join("")}`;
  }

  get hasAlternateKeys(): boolean {
    return this.#alternateKeys.length > 1 || this.#alternateKeys[0] !== 0;
  }

  /** Everything tracked, for comparing two terminals. */
  describe(): Record<string, unknown> {
    return {
      title: this.title,
      cwd: this.#cwdUri,
      mainKeys: [...this.#mainKeys],
      alternateKeys: [...this.#alternateKeys],
      keyModifiers: sorted(this.#keyModifiers),
      modes: sorted(this.#modes),
      colors: sorted(this.#colors).filter(([, color]) => color !== undefined),
    };
  }

  #keys(): KittyStack {
    return this.#terminal.buffer.active.type === "alternate" ? this.#alternateKeys : this.#mainKeys;
  }

  #pushKeys(flags: number): void {
    const keys = this.#keys();
    keys.push(flags);
    if (keys.length > MAX_KITTY_DEPTH) keys.shift();
  }

  /** Popping more than was pushed leaves an empty stack, whose flags are 0. */
  #popKeys(count: number): void {
    const keys = this.#keys();
    if (count < keys.length) keys.length -= count;
    else keys.splice(0, keys.length, 0);
  }

  /** From the protocol: 1 sets all flags, 2 adds the given ones, 3 removes them. */
  #changeKeys(flags: number, how: number): void {
    const keys = this.#keys();
    const top = keys.length - 1;
    const present = keys[top] ?? 0;
    keys[top] = how === 2 ? present | flags : how === 3 ? present & ~flags : flags;
  }

  #setKeyModifier(params: readonly (number | number[])[]): void {
    const resource = numberAt(params, 0, -1);
    if (params.length < 2) this.#keyModifiers.delete(resource);
    else this.#keepKeyModifier(resource, numberAt(params, 1, 0));
  }

  #keepKeyModifier(resource: number, value: number): void {
    if (resource >= 0 && resource <= MAX_KEY_RESOURCE) this.#keyModifiers.set(resource, value);
  }

  #setModes(params: readonly (number | number[])[], on: boolean): void {
    for (const mode of params) {
      if (typeof mode !== "number" || NOT_TRACKED.has(mode)) continue;
      // Re-inserted, so that restoring keeps the order in which programs set modes that exclude each other.
      this.#modes.delete(mode);
      if (this.#modes.size < MAX_MODES && (on || !RESET_MODES.includes(mode))) this.#modes.set(mode, on);
    }
  }

  #setPalette(data: string): void {
    const fields = data.split(";");
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const index = Number(fields[at]);
      if (Number.isInteger(index) && index >= 0 && index < 256)
        this.#setColor(`4;${index}`, fields[at + 1] ?? "");
    }
  }

  #resetPalette(data: string): void {
    const all = data === "";
    const named = new Set(data.split(";").map((index) => `4;${Number(index)}`));
    for (const slot of this.#colors.keys()) {
      if (slot.startsWith("4;") && (all || named.has(slot))) this.#resetColor(slot);
    }
  }

  /** From xterm: further fields are the colours of the following codes. */
  #setSpecialColors(code: number, data: string): void {
    for (const [offset, color] of data.split(";").entries()) {
      if (code + offset <= 19) this.#setColor(String(code + offset), color);
    }
  }

  #setColor(slot: string, color: string): void {
    if (color === "" || color === "?" || color.length > MAX_COLOR_CHARS) return;
    if (this.#colors.size < MAX_COLOR_SLOTS || this.#colors.has(slot)) this.#colors.set(slot, color);
  }

  /** A slot that was never set is left to the user's theme. */
  #resetColor(slot: string): void {
    if (this.#colors.has(slot)) this.#colors.set(slot, undefined);
  }

  #setTitle(title: string): void {
    this.title = title.slice(0, MAX_TEXT_CHARS);
    this.#options.onTitle?.(this.title);
  }

  #setCwd(uri: string): void {
    if (uri.length > MAX_TEXT_CHARS) return;
    this.#cwdUri = uri;
    const path = /^file:\/\/[^/]*(\/.*)$/.exec(uri)?.[1];
    if (path === undefined) return;
    try {
      this.cwd = decodeURIComponent(path);
    } catch {
      // Not percent-encoded after all: the shell wrote the raw path.
      this.cwd = path;
    }
    this.#options.onCwd?.(this.cwd);
  }

  #hardReset(): void {
    finishHardReset(this.#terminal);
    this.#mainKeys = [0];
    this.#alternateKeys = [0];
    this.#keyModifiers.clear();
    this.#modes.clear();
    for (const slot of this.#colors.keys()) this.#resetColor(slot);
  }
}

function numberAt(params: readonly (number | number[])[], at: number, otherwise: number): number {
  const value = params[at];
  return typeof value === "number" ? value : otherwise;
}

function sorted<K extends string | number, V>(map: ReadonlyMap<K, V>): [K, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
