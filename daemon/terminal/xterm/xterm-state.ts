// The shapes of xterm.js' state: what xterm-internals.ts reads out of a terminal, for the serializer and its tests.

export interface XtermExtended {
  /** Bits: underline colour (mode and value) in 0..25, underline style in 26..28. */
  readonly _ext: number;
  /** 0: no hyperlink. */
  readonly urlId: number;
}

export interface XtermAttributes {
  readonly fg: number;
  readonly bg: number;
  /** Never changed in place: cells hold references to it. */
  extended: XtermExtended;
}

export interface XtermLine {
  readonly isWrapped: boolean;
  readonly length: number;
  /** To a smaller number of columns. */
  resize(cols: number): void;
  /** Three words per cell: content, foreground, background. */
  readonly _data: Uint32Array;
  /** Cells of more than one code point. */
  readonly _combined: Readonly<Record<number, string>>;
  /** Only meaningful where the background word has its "extended" bit. */
  readonly _extendedAttrs: Readonly<Record<number, XtermExtended | undefined>>;
}

export interface XtermLink {
  readonly id?: string;
  readonly uri: string;
}

/** A translation table; undefined is US ASCII. Compared by identity. */
export type XtermCharset = Readonly<Record<string, string | undefined>> | undefined;

export interface XtermBuffer {
  readonly lines: {
    readonly length: number;
    maxLength: number;
    get(index: number): XtermLine | undefined;
    /** Lines are gone from the top: all others have moved up. */
    onTrim(listener: (count: number) => void): { dispose(): void };
  };
  /** `x` equals the number of columns while a wrap is pending. */
  x: number;
  y: number;
  readonly ybase: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly savedX: number;
  /** Counted like `y` (in a repaired terminal). */
  savedY: number;
  readonly savedCurAttrData: XtermAttributes;
  readonly savedCharset: XtermCharset;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
}

export interface XtermDecModes {
  readonly applicationCursorKeys: boolean;
  readonly applicationKeypad: boolean;
  readonly bracketedPasteMode: boolean;
  readonly cursorBlink: boolean | undefined;
  readonly cursorStyle: "block" | "underline" | "bar" | undefined;
  readonly origin: boolean;
  readonly reverseWraparound: boolean;
  readonly sendFocus: boolean;
  readonly synchronizedOutput: boolean;
  readonly wraparound: boolean;
}

/** The state of one terminal, live: every read is of this moment. */
export interface XtermState {
  readonly cols: number;
  readonly rows: number;
  readonly normal: XtermBuffer;
  readonly alternate: XtermBuffer;
  readonly active: XtermBuffer;
  readonly pen: XtermAttributes;
  readonly dec: XtermDecModes;
  readonly insertMode: boolean;
  /** LNM. */
  readonly newLineMode: boolean;
  /** ?12, apart from DECSCUSR. */
  readonly cursorBlinkMode: boolean;
  readonly cursorHidden: boolean;
  /** NONE, X10, VT200, DRAG or ANY. */
  readonly mouseProtocol: string;
  /** DEFAULT, SGR or SGR_PIXELS. */
  readonly mouseEncoding: string;
  /** 0..3: which of G0..G3 is shifted in. */
  readonly glevel: number;
  /** The table in use; after DECRC it may differ from the shifted-in slot's. */
  readonly charset: XtermCharset;
  readonly charsets: readonly XtermCharset[];
  /** Nonzero right after a printed character: bits 1..2 are its width. */
  readonly joinState: number;
  /** 0 between sequences. */
  readonly parserState: number;
  /** Pushed by CSI 22 t, the last one last. */
  readonly titleStack: readonly string[];
  link(id: number): XtermLink | undefined;
}
