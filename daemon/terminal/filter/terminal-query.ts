// Which sequences ask the terminal a question that it answers by typing.

/**
 * @param body the sequence after its introducer, with the final byte.
 * Sources: xterm's ctlseqs, the kitty keyboard protocol, the VT510 manual.
 */
export function isCsiQuery(body: string): boolean {
  const match = /^([<-?]?)([0-9:;]*)([ -/]*)([@-~])$/.exec(body);
  if (match === null) return false;
  const [, prefix = "", params = "", intermediates = "", final = ""] = match;
  const first = params === "" ? 0 : Number.parseInt(params, 10) || 0;
  switch (prefix + intermediates + final) {
    case "c": // DA1
    case ">c": // DA2
    case "=c": // DA3
    case ">q": // XTVERSION
      return first === 0;
    case "n": // DSR, CPR
      return first === 5 || first === 6;
    case "?n": // DSR of the DEC kind, colour scheme
    case "?u": // kitty keyboard flags
    case "?m": // XTQMODKEYS
    case "?S": // XTSMGRAPHICS
    case "$p": // DECRQM
    case "?$p":
    case "$u": // DECRQTSR
    case "$w": // DECRQPSR
    case "&u": // DECRQUPSS
    case "*y": // DECRQCRA
    case "'|": // DECRQLP
    case "#|": // XTREPORTSGR
    case "#R": // XTREPORTCOLORS
    case '"v': // DECRQDE
      return true;
    case "x": // DECREQTPARM
      return first <= 1;
    case "t": // window reports
      return WINDOW_REPORTS.has(first);
    default:
      return false;
  }
}

const WINDOW_REPORTS = new Set([11, 13, 14, 15, 16, 18, 19, 20, 21]);

/** DECRQSS and XTGETTCAP. @param header the bytes from after the introducer to the final byte. */
export function isDcsQuery(header: string): boolean {
  return /^[0-9:;]*[$+]q$/.test(header);
}

/** The kitty graphics protocol's "could you": an action of its own, which draws nothing. @param body from after `ESC _`. */
export function isGraphicsQuery(body: string): boolean {
  return /^G(?:[^;]*,)?a=q[,;]/.test(`${body};`);
}

const COLOR_TABLES = new Set(["4", "5"]);
const OTHER_CODES = new Set([
  "3",
  "20",
  "21",
  "22",
  "39",
  "49",
  "50",
  "52",
  "60",
  "61",
  "99",
  "701",
  "702",
  "708",
  "1337",
]);
const ITERM_REPORT = /^1337;(?:ReportCellSize|ReportVariable|RequestUpload|Capabilities)/;

/** Whether an OSC that begins like this may turn out to be a query; `start` may end anywhere. */
export function mayBeOscQuery(start: string): boolean {
  const code = start.split(";", 1)[0] ?? "";
  if (code.length === start.length) return /^\d{0,4}$/.test(code);
  return COLOR_TABLES.has(code) || isSpecialColor(code) || OTHER_CODES.has(code);
}

/** Whether an OSC that begins like this sets or asks for any number of colours. */
export function isColorList(start: string): boolean {
  const code = start.split(";", 1)[0] ?? "";
  return COLOR_TABLES.has(code) || isSpecialColor(code) || code === "21";
}

/** What is left of an OSC without its questions: the bodies to send in its place, itself if it asks nothing. */
export function withoutOscQueries(body: string): readonly string[] {
  const [code = "", ...fields] = body.split(";");
  if (COLOR_TABLES.has(code)) return paletteWithoutQueries(body, code, fields);
  if (isSpecialColor(code)) {
    if (!fields.includes("?")) return [body];
    return fields.flatMap((color, offset) =>
      color === "?" || color === "" ? [] : [`${Number(code) + offset};${color}`],
    );
  }
  switch (code) {
    case "21": {
      const kept = fields.filter((field) => !field.endsWith("=?"));
      return kept.length === fields.length ? [body] : kept.length === 0 ? [] : [`21;${kept.join(";")}`];
    }
    case "52":
      return fields[1] === "?" ? [] : [body];
    case "60":
    case "61":
      return [];
    case "99":
      return /(?:^|:)p=\?(?::|$)/.test(fields[0] ?? "") ? [] : [body];
    case "1337":
      return ITERM_REPORT.test(body) ? [] : [body];
    default:
      return OTHER_CODES.has(code) && fields[0]?.startsWith("?") ? [] : [body];
  }
}

/** Pairs of index and colour. */
function paletteWithoutQueries(body: string, code: string, fields: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let asked = false;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at + 1] === "?") asked = true;
    else kept.push(...fields.slice(at, at + 2));
  }
  if (!asked) return [body];
  return kept.length === 0 ? [] : [`${code};${kept.join(";")}`];
}

/** Text, background, cursor, ... `10` to `19`. */
function isSpecialColor(code: string): boolean {
  return /^1\d$/.test(code);
}
