// The grammar of terminal output, byte by byte: where an escape sequence begins, what belongs to it, and where it ends.

/** Where a byte stream stands. The states are those of the parser that VT500 terminals and xterm.js share. */
export const State = {
  Ground: 0,
  Escape: 1,
  EscapeIntermediate: 2,
  CsiEntry: 3,
  CsiParam: 4,
  CsiIntermediate: 5,
  CsiIgnore: 6,
  DcsEntry: 7,
  DcsParam: 8,
  DcsIntermediate: 9,
  DcsIgnore: 10,
  DcsString: 11,
  OscString: 12,
  /** SOS, PM or APC. */
  OtherString: 13,
} as const;

export type State = (typeof State)[keyof typeof State];

/**
 * The state after `code` (a whole code point, so C1 controls count in their UTF-8 form). Codes above U+009F are all alike.
 * Source: the table of vt100.net/emu/dec_ansi_parser, with xterm.js' answers where that leaves a choice.
 */
export function nextState(state: State, code: number): State {
  if (code === 0x1b) return State.Escape;
  if (code === 0x18 || code === 0x1a) return State.Ground;
  if (code >= 0x80 && code <= 0x9f) return stateAfterC1(code);
  if (code > 0x9f) return isOpaque(state) ? state : State.Ground;
  if (code < 0x20) return state === State.OscString && code === 0x07 ? State.Ground : state;
  if (code === 0x7f) return state;
  switch (state) {
    case State.Ground:
    case State.OscString:
    case State.OtherString:
    case State.DcsString:
    case State.DcsIgnore:
      return state;
    case State.Escape:
      return stateAfterEscape(code);
    case State.EscapeIntermediate:
      return code < 0x30 ? state : State.Ground;
    case State.CsiEntry:
    case State.CsiParam:
    case State.CsiIntermediate:
    case State.CsiIgnore:
      return code >= 0x40 ? State.Ground : stateInCsi(state, code);
    case State.DcsEntry:
    case State.DcsParam:
    case State.DcsIntermediate:
      return code >= 0x40 ? State.DcsString : stateInDcs(state, code);
  }
}

/** States in which a character above U+009F is content; in the others it ends the sequence. */
function isOpaque(state: State): boolean {
  return (
    state === State.Ground ||
    state === State.OscString ||
    state === State.CsiIgnore ||
    state === State.DcsIgnore ||
    state === State.DcsString
  );
}

function stateAfterC1(code: number): State {
  switch (code) {
    case 0x90:
      return State.DcsEntry;
    case 0x98:
    case 0x9e:
    case 0x9f:
      return State.OtherString;
    case 0x9b:
      return State.CsiEntry;
    case 0x9d:
      return State.OscString;
    default:
      return State.Ground;
  }
}

function stateAfterEscape(code: number): State {
  if (code < 0x30) return State.EscapeIntermediate;
  switch (code) {
    case 0x50:
      return State.DcsEntry;
    case 0x58:
    case 0x5e:
    case 0x5f:
      return State.OtherString;
    case 0x5b:
      return State.CsiEntry;
    case 0x5d:
      return State.OscString;
    default:
      return State.Ground;
  }
}

/** Intermediates 20..2F, parameters 30..3B, private markers 3C..3F, which may only come first. */
function stateInCsi(state: State, code: number): State {
  if (state === State.CsiIgnore) return state;
  if (code < 0x30) return State.CsiIntermediate;
  if (state === State.CsiIntermediate) return State.CsiIgnore;
  return code < 0x3c || state === State.CsiEntry ? State.CsiParam : State.CsiIgnore;
}

function stateInDcs(state: State, code: number): State {
  if (code < 0x30) return State.DcsIntermediate;
  if (state === State.DcsIntermediate) return State.DcsIgnore;
  return code < 0x3c || state === State.DcsEntry ? State.DcsParam : State.DcsIgnore;
}

/** Control characters that are executed at once even in the midst of a sequence. */
export function isExecuted(state: State, code: number): boolean {
  return code < 0x20 && state <= State.CsiIgnore;
}

/** Characters that terminals skip inside a sequence: it means what it would mean without them. */
export function isIgnored(state: State, code: number): boolean {
  if (code === 0x7f) return state > State.Ground && state <= State.DcsIgnore;
  return (
    code < 0x20 &&
    code !== 0x07 &&
    ((state >= State.DcsEntry && state <= State.DcsIgnore) || state === State.OscString)
  );
}

/** The bytes of a UTF-8 character that began with `lead`, 0 for a byte that cannot begin one. */
export function utf8Length(lead: number): number {
  if (lead < 0x80) return 1;
  if ((lead & 0xe0) === 0xc0) return 2;
  if ((lead & 0xf0) === 0xe0) return 3;
  return (lead & 0xf8) === 0xf0 ? 4 : 0;
}
