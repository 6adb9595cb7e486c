// The terminal itself: xterm.js with its add-ons, its size, and what goes into and out of it.
/// <reference lib="dom" />
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { WebglAddon } from "@xterm/addon-webgl";
import { Terminal } from "@xterm/xterm";
import { clampSize, DEFAULT_SIZE, type Size, sameSize } from "../../../shared/size.js";
import { terminalWidths } from "../../../shared/terminal-widths.js";
import type { Preferences } from "../preferences.js";
import { terminalThemes } from "../themes.js";
import { joinedRanges } from "./joined-characters.js";
import { guardQuestions } from "./question-guard.js";
import { TerminalFeed } from "./terminal-feed.js";
import { linkHandler, openPlainLink } from "./web-links.js";

const FONT =
  'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
/** Letters of a mirrored shell shrink to this; then it is moved about instead. CSS pixels. */
const MIN_MIRROR_FONT = 7;
/** Our bound, like that of attach: at most this many sizes per second while a window is dragged. */
const RESIZE_INTERVAL_MS = 100;
const SCROLLBACK_LINES = 5000;
/** Where letters are drawn by the DOM, lines and blocks of boxes meet only without a gap between rows; WebGL draws those itself. */
const DOM_LINE_HEIGHT = 1;
const WEBGL_LINE_HEIGHT = 1.1;

export interface TerminalScreenOptions {
  readonly preferences: Preferences;
  onData(data: string): void;
  onBinary(data: string): void;
  /** This window's own size has changed. */
  onSize(size: Size): void;
  onBell(): void;
  /** The program has printed something; what only draws the screen anew is none. */
  onOutput(): void;
  onDrawn(): void;
  /** The address under the pointer. */
  onLink(address: string | undefined): void;
  /** True: the key is the page's. */
  onKey(event: KeyboardEvent): boolean;
}

/**
 * Two ways to have a size. Its own: as many cells as fit, told to the daemon. As a mirror (`mirror` is set): the shell's size,
 * in letters that are small enough, because this window's size does not count.
 */
export class TerminalScreen {
  readonly element: HTMLElement;
  readonly terminal: Terminal;
  readonly feed: TerminalFeed;
  readonly search = new SearchAddon();
  readonly #options: TerminalScreenOptions;
  readonly #fit = new FitAddon();
  readonly #observer: ResizeObserver;
  readonly #unlisten: () => void;
  #mirror: Size | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(element: HTMLElement, options: TerminalScreenOptions) {
    this.element = element;
    this.#options = options;
    const { preferences } = options;
    this.terminal = new Terminal({
      ...DEFAULT_SIZE,
      allowProposedApi: true,
      fontFamily: FONT,
      fontSize: preferences.fontSize,
      lineHeight: DOM_LINE_HEIGHT,
      scrollback: SCROLLBACK_LINES,
      theme: terminalThemes[preferences.shade],
      minimumContrastRatio: 4.5,
      screenReaderMode: preferences.screenReader,
      cursorBlink: false,
      macOptionIsMeta: true,
      rightClickSelectsWord: false,
      windowOptions: {},
      linkHandler: linkHandler((address) => options.onLink(address)),
    });
    this.feed = new TerminalFeed(this.terminal, () => options.onDrawn());
    this.#loadAddons();
    guardQuestions(this.terminal, () => this.feed.isDrawing);
    this.terminal.onData((data) => options.onData(data));
    this.terminal.onBinary((data) => options.onBinary(data));
    this.terminal.onBell(() => options.onBell());
    this.feed.onOutput = () => options.onOutput();
    this.terminal.attachCustomKeyEventHandler((event) => !options.onKey(event));
    this.#unlisten = preferences.listen(() => this.#applyPreferences());
    this.#observer = new ResizeObserver(() => this.#scheduleFit());
  }

  /** Draws itself into its element, which is in the document by now. */
  open(): void {
    this.terminal.open(this.element);
    this.#loadWebgl();
    this.#fitNow();
    this.#observer.observe(this.element);
    // Letters that are loaded late change the cell.
    void document.fonts.ready.then(() => this.#scheduleFit());
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.#unlisten();
    this.terminal.dispose();
  }

  /** How many cells this window has room for at the chosen size of letters. */
  get ownSize(): Size {
    const { fontSize } = this.#options.preferences;
    const proposed = this.#fit.proposeDimensions();
    if (proposed === undefined || Number.isNaN(proposed.cols)) return DEFAULT_SIZE;
    const scale = (this.terminal.options.fontSize ?? fontSize) / fontSize;
    return clampSize(Math.floor(proposed.cols * scale), Math.floor(proposed.rows * scale));
  }

  get isMirror(): boolean {
    return this.#mirror !== undefined;
  }

  /** In order with the output: what comes before is for the old size. Undefined: this window's own size. */
  mirror(size: Size | undefined, done: () => void = () => {}): void {
    this.terminal.write("", () => {
      this.#mirror = size;
      this.#fitNow();
      done();
    });
  }

  /** Where a mirror is larger than its window, moves it so that what is typed can be seen. */
  revealCursor(): void {
    const cells = this.element.querySelector(".xterm-screen");
    if (this.#mirror === undefined || cells === null) return;
    const { cursorX, cursorY } = this.terminal.buffer.active;
    const x = (cursorX * cells.clientWidth) / this.terminal.cols;
    const y = (cursorY * cells.clientHeight) / this.terminal.rows;
    const { clientHeight, clientWidth, scrollLeft, scrollTop } = this.element;
    // A few cells around it are worth seeing too.
    const near = 3 * (cells.clientHeight / this.terminal.rows);
    if (x < scrollLeft || x + near > scrollLeft + clientWidth) this.element.scrollLeft = x - clientWidth / 2;
    if (y < scrollTop || y + near > scrollTop + clientHeight) this.element.scrollTop = y - clientHeight / 2;
  }

  /** The text on the screen, without blanks at the ends of lines. */
  get visibleText(): string {
    const { active } = this.terminal.buffer;
    const lines: string[] = [];
    for (let row = 0; row < this.terminal.rows; row++)
      lines.push(active.getLine(active.viewportY + row)?.translateToString(true) ?? "");
    return lines.join("\n").trimEnd();
  }

  #loadAddons(): void {
    const { terminal } = this;
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.search);
    terminal.unicode.register(terminalWidths);
    terminal.unicode.activeVersion = terminalWidths.version;
    const { onLink } = this.#options;
    terminal.loadAddon(
      new WebLinksAddon(openPlainLink, {
        hover: (_event, text) => onLink(text),
        leave: () => onLink(undefined),
      }),
    );
  }

  /** Faster where there is a graphics card; when its context is lost, the DOM takes over. A phone loses it with every look away. */
  #loadWebgl(): void {
    if (matchMedia("(pointer: coarse)").matches) return;
    try {
      const addon = new WebglAddon();
      addon.onContextLoss(() => {
        addon.dispose();
        this.terminal.options.lineHeight = DOM_LINE_HEIGHT;
        this.#fitNow();
      });
      this.terminal.loadAddon(addon);
      this.terminal.registerCharacterJoiner(joinedRanges);
      this.terminal.options.lineHeight = WEBGL_LINE_HEIGHT;
    } catch {
      // No WebGL 2 here.
    }
  }

  #applyPreferences(): void {
    const { preferences } = this.#options;
    const { options } = this.terminal;
    options.theme = terminalThemes[preferences.shade];
    options.screenReaderMode = preferences.screenReader;
    if (this.#mirror === undefined) options.fontSize = preferences.fontSize;
    this.#fitNow();
  }

  /** The first change at once, the last one of a storm a moment later. */
  #scheduleFit(): void {
    if (this.#timer !== undefined) return;
    this.#fitNow();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#fitNow();
    }, RESIZE_INTERVAL_MS);
  }

  #fitNow(): void {
    const { terminal } = this;
    // A hidden element has no size, and that must not reach the shell.
    if (this.element.clientWidth === 0 || terminal.element === undefined) return;
    const mirror = this.#mirror;
    this.element.classList.toggle("mirror", mirror !== undefined);
    if (mirror !== undefined) {
      this.#shrinkTo(mirror);
      return;
    }
    terminal.options.fontSize = this.#options.preferences.fontSize;
    const size = this.ownSize;
    if (sameSize(size, terminal)) return;
    terminal.resize(size.cols, size.rows);
    this.#options.onSize(size);
  }

  #shrinkTo(size: Size): void {
    const { fontSize } = this.#options.preferences;
    const { cols } = this.ownSize;
    const fitting = Math.floor((fontSize * cols * 2) / size.cols) / 2;
    this.terminal.options.fontSize = Math.max(MIN_MIRROR_FONT, Math.min(fontSize, fitting));
    if (!sameSize(size, this.terminal)) this.terminal.resize(size.cols, size.rows);
  }
}
