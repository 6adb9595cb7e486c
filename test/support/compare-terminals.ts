// Compares the whole state of two terminals, internal state included, and says where they differ.
import { isBlank, isVisibleBlank, word } from "../../daemon/terminal/drawing/line-writer.js";
import { Bits, plainColor, sgrOf, styleOf } from "../../daemon/terminal/drawing/sgr.js";
import { designationOf } from "../../daemon/terminal/xterm/xterm-internals.js";
import type { XtermBuffer, XtermLine, XtermState } from "../../daemon/terminal/xterm/xterm-state.js";
import type { TestTerminal } from "./test-terminal.js";

/** At most 20 differences, each as `where: expected | actual`; none when the terminals cannot be told apart. */
export function differences(expected: TestTerminal, actual: TestTerminal): string[] {
  const found: string[] = [];
  const compare = (where: string, a: unknown, b: unknown) => {
    const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
    if (left !== right && found.length < 20) found.push(`${where}: ${left} | ${right}`);
  };
  const a = expected.state;
  const b = actual.state;
  compare("size", [a.cols, a.rows], [b.cols, b.rows]);
  compare("alternate", a.active === a.alternate, b.active === b.alternate);
  for (const [name, state] of Object.entries(globalState(a))) compare(name, state, globalState(b)[name]);
  compare("tracked", expected.tracker.describe(), actual.tracker.describe());
  compareBuffer("normal", a, b, a.normal, b.normal, compare);
  if (a.active === a.alternate) compareBuffer("alternate", a, b, a.alternate, b.alternate, compare);
  else compare("alternate saved", saved(a, a.alternate), saved(b, b.alternate));
  return found;
}

function globalState(state: XtermState): Record<string, unknown> {
  const { synchronizedOutput: _, ...dec } = state.dec;
  return {
    ...dec,
    insertMode: state.insertMode,
    newLineMode: state.newLineMode,
    cursorBlinkMode: state.cursorBlinkMode,
    cursorHidden: state.cursorHidden,
    mouse: [state.mouseProtocol, state.mouseEncoding],
    glevel: state.glevel,
    charset: designationOf(state.charset),
    charsets: [0, 1, 2, 3].map((slot) => designationOf(state.charsets[slot])),
    joinState: state.joinState,
    pen: style(state, state.pen.fg, state.pen.bg, state.pen.extended),
    penUnderlineColor: plainColor(state.pen.extended._ext),
    cursor: [Math.min(state.active.x, state.cols), state.active.y],
  };
}

function compareBuffer(
  name: string,
  a: XtermState,
  b: XtermState,
  bufferA: XtermBuffer,
  bufferB: XtermBuffer,
  compare: (where: string, a: unknown, b: unknown) => void,
): void {
  compare(`${name} lines`, [bufferA.lines.length, bufferA.ybase], [bufferB.lines.length, bufferB.ybase]);
  compare(
    `${name} margins`,
    [bufferA.scrollTop, bufferA.scrollBottom],
    [bufferB.scrollTop, bufferB.scrollBottom],
  );
  compare(`${name} tabs`, tabs(bufferA, a.cols), tabs(bufferB, b.cols));
  compare(`${name} saved`, saved(a, bufferA), saved(b, bufferB));
  for (let y = 0; y < bufferA.lines.length; y++) {
    const lineA = bufferA.lines.get(y);
    const lineB = bufferB.lines.get(y);
    if (!lineA || !lineB) continue;
    compare(`${name} wrapped ${y}`, lineA.isWrapped, lineB.isWrapped);
    if (isPlainlyEqual(lineA, lineB, a.cols)) continue;
    const cellsA = cells(a, lineA);
    const cellsB = cells(b, lineB);
    for (let x = 0; x < a.cols; x++)
      if (cellsA[x] !== cellsB[x]) compare(`${name} cell ${y},${x}`, cellsA[x], cellsB[x]);
  }
}

/** The same words in every cell, none of which points to more: most lines need no closer look. */
function isPlainlyEqual(a: XtermLine, b: XtermLine, cols: number): boolean {
  for (let x = 0; x < cols; x++) {
    if (word(a, x, 0) !== word(b, x, 0) || word(a, x, 1) !== word(b, x, 1)) return false;
    if (word(a, x, 2) !== word(b, x, 2)) return false;
    if ((word(a, x, 0) & Bits.combined) !== 0 || (word(a, x, 2) & Bits.extended) !== 0) return false;
  }
  return true;
}

function tabs(buffer: XtermBuffer, cols: number): number[] {
  return Array.from({ length: cols }, (_, column) => column).filter((column) => buffer.tabs[column]);
}

/** As restoring it would show it: the position is limited to the screen. */
function saved(state: XtermState, buffer: XtermBuffer): unknown {
  const { fg, bg, extended } = buffer.savedCurAttrData;
  return {
    x: Math.min(buffer.savedX, state.cols - 1),
    y: Math.min(state.rows - 1, buffer.savedY),
    charset: designationOf(buffer.savedCharset),
    sgr: sgrOf(styleOf(fg, bg | Bits.extended, extended)),
    underlineColor: plainColor(extended._ext),
    protected: (bg & Bits.protected) !== 0,
  };
}

function cells(state: XtermState, line: XtermLine): string[] {
  return Array.from({ length: state.cols }, (_, x) => {
    if (isBlank(line, x) && !isVisibleBlank(line, x)) return `blank ${plainColor(word(line, x, 2))}`;
    const content = word(line, x, 0);
    const text =
      (content & Bits.combined) !== 0
        ? (line._combined[x] ?? "")
        : String.fromCodePoint(content & Bits.codePoint || 0x20);
    // A blank that shows something is the same as a space.
    const width = isBlank(line, x) ? 1 : content >>> Bits.widthShift;
    return width === 0 && (content & Bits.hasContent) === 0
      ? "right half"
      : `${text} ${width} ${style(state, word(line, x, 1), word(line, x, 2), line._extendedAttrs[x])}`;
  });
}

function style(...[state, fg, bg, extended]: [XtermState, ...Parameters<typeof styleOf>]): string {
  const found = styleOf(fg, bg, extended);
  const link = found.linkId === 0 ? undefined : state.link(found.linkId);
  return `${sgrOf(found).slice(1)}${(bg & Bits.protected) !== 0 ? " protected" : ""}${link ? ` ${link.id ?? ""};${link.uri}` : ""}`;
}
