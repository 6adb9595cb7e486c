// The private fields of xterm.js that this project reads or mends; nothing else knows their names.
import type { Terminal } from "@xterm/headless";
import type {
  XtermAttributes,
  XtermBuffer,
  XtermCharset,
  XtermDecModes,
  XtermExtended,
  XtermLink,
} from "./xterm-state.js";

/*
 * Written against @xterm/headless 6.0.0, which package.json pins exactly: these are private fields, free to change in any
 * release. The tests compare every one of them, so a bump that breaks an assumption fails there.
 */

export interface XtermPen extends XtermAttributes {
  extended: XtermExtended & { clone(): XtermExtended & { urlId: number } };
  /** Brings the background word's "extended" bit up to date. */
  updateExtended(): void;
}

interface XtermParams {
  readonly params: Int32Array;
}

/** Handlers that do something as often as their first number says. */
export type XtermRepetition =
  | "insertLines"
  | "deleteLines"
  | "scrollUp"
  | "scrollDown"
  | "scrollLeft"
  | "scrollRight"
  | "insertColumns"
  | "deleteColumns"
  | "insertChars"
  | "deleteChars"
  | "eraseChars"
  | "cursorForwardTab"
  | "cursorBackwardTab"
  | "repeatPrecedingCharacter";

interface XtermCore {
  readonly _bufferService: {
    resize(cols: number, rows: number): void;
    readonly buffers: {
      readonly normal: XtermBuffer;
      readonly alt: XtermBuffer;
      readonly active: XtermBuffer;
    };
  };
  readonly _inputHandler: Record<XtermRepetition, (params: { params: ArrayLike<number> }) => boolean> & {
    readonly _curAttrData: XtermPen;
    readonly _windowTitleStack: readonly string[];
    readonly _parser: { readonly precedingJoinState: number; readonly currentState: number };
    saveCursor(): boolean;
    restoreCursor(): boolean;
    softReset(params: XtermParams): boolean;
    eraseInLine(params: { params: readonly number[] }, respectProtect: boolean): boolean;
    eraseInDisplay(params: { params: readonly number[] }, respectProtect: boolean): boolean;
  };
  readonly _charsetService: {
    readonly glevel: number;
    readonly charset: XtermCharset;
    readonly _charsets: readonly XtermCharset[];
  };
  readonly _oscLinkService: {
    registerLink(data: XtermLink): number;
    addLineToLink(id: number, line: number): void;
  };
  readonly _writeBuffer: { writeSync(bytes: Uint8Array | string): void };
  readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string };
  readonly coreService: {
    isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: XtermDecModes;
  };
}

export function coreOf(terminal: Terminal): XtermCore {
  return (terminal as unknown as { _core: XtermCore })._core;
}
