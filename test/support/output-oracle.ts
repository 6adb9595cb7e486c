// Judges what a filter let through, with a terminal that reports each sequence and with patterns of its own; shares no code with it.
import { createTestTerminal } from "./test-terminal.js";

/** Answers that reveal nothing and hold no text of the program's choice. */
const ALLOWED_REPLIES = [
  /^\x1b\[[?>=]?[0-9;]*c$/,
  /^\x1b\[0n$/,
  /^\x1b\[\??[0-9;]+R$/,
  /^\x1b\[\??[0-9;]+\$y$/,
  /^\x1bP[01]\$r[0-9;: "'*qmrsp]*\x1b\\$/,
  /^\x1b\](?:4;\d+|1[0-2]);rgb:[0-9a-f/]+\x1b\\$/,
  /^\x1b\[\?[0-9;]+n$/,
  /^\x1b\[\?\d+u$/,
  /^\x1bP>\|xterm\.js[^\x1b]*\x1b\\$/,
];

const ALLOWED_OSC = new Set([0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 99, 104, 110, 111, 112, 133, 777]);
const FORBIDDEN_CSI: readonly {
  readonly prefix?: string;
  readonly intermediates?: string;
  readonly final: string;
}[] = [
  { final: "t" },
  { prefix: ">", final: "t" },
  { prefix: ">", final: "T" },
  { prefix: ">", final: "p" },
  { final: "i" },
  { prefix: "?", final: "i" },
  { final: "x" },
  { final: "y" },
  { final: "q" },
  { intermediates: "*", final: "y" },
  { intermediates: "*", final: "z" },
  { intermediates: "*", final: "|" },
  { intermediates: "$", final: "w" },
  { intermediates: "$", final: "u" },
  { intermediates: "$", final: "|" },
  { intermediates: "$", final: "}" },
  { intermediates: "$", final: "~" },
  { intermediates: "&", final: "u" },
  { intermediates: "'", final: "|" },
  { intermediates: "'", final: "z" },
  { intermediates: "#", final: "|" },
  { intermediates: "#", final: "R" },
  { intermediates: '"', final: "p" },
  { intermediates: '"', final: "v" },
];
const FORBIDDEN_MODES = new Set([2, 3, 8, 18, 38, 40, 46, 67, 1001, 1034, 1042, 1043, 5522]);

export interface Violation {
  readonly rule: string;
  readonly what: string;
}

/** A terminal that notes what must not come, and what it answers. */
export class OutputOracle {
  readonly violations: Violation[] = [];
  /** How many sequences of the kinds that are watched came, by kind. */
  readonly seen = new Map<string, number>();
  readonly #maySpeak: boolean;
  readonly #terminal = createTestTerminal(80, 24, 0);
  #rest = "";

  /** @param maySpeak the terminal is the leader's: harmless questions are answered. */
  constructor(maySpeak: boolean) {
    this.#maySpeak = maySpeak;
    const { parser } = this.#terminal.terminal;
    this.#terminal.terminal.onData((reply) => this.#judgeReply(reply));
    this.#terminal.terminal.onBinary((reply) => this.#judgeReply(reply));
    for (const [code, max] of [[0, 9999]] as const) {
      for (let id = code; id <= max; id++) {
        parser.registerOscHandler(id, (data) => this.#judgeOsc(id, data));
      }
    }
    for (const id of FORBIDDEN_CSI) {
      parser.registerCsiHandler(id, () => {
        this.#fail("forbidden CSI", JSON.stringify(id));
        return true;
      });
    }
    for (const final of ["h", "l", "s", "r"]) {
      parser.registerCsiHandler({ prefix: "?", final }, (params) => {
        this.#count("private mode");
        const bad = params.find((mode) => typeof mode === "number" && FORBIDDEN_MODES.has(mode));
        if (bad !== undefined) this.#fail("forbidden mode", `?${String(bad)}${final}`);
        return false;
      });
    }
    parser.registerCsiHandler({ final: "n" }, (params) => {
      if (params[0] !== 5 && params[0] !== 6) this.#fail("forbidden report", `${String(params[0])}n`);
      return false;
    });
    for (let final = 0x40; final <= 0x7e; final++) {
      const letter = String.fromCharCode(final);
      for (const intermediates of ["", "$", "+", "=", "!", ">"]) {
        const isQuestion = letter === "q" && (intermediates === "$" || intermediates === "+");
        const id =
          intermediates === "=" || intermediates === ">"
            ? { prefix: intermediates, final: letter }
            : { ...(intermediates === "" ? {} : { intermediates }), final: letter };
        parser.registerDcsHandler(id, (data, params) => {
          this.#count("DCS");
          if (!isQuestion || params.length > 1 || (params[0] ?? 0) !== 0)
            this.#fail("forbidden DCS", `${letter}${data}`);
          return false;
        });
      }
    }
  }

  /** `bytes` are what a client got, all of it, in order; `whole`: they end between two sequences. */
  feed(bytes: Uint8Array, whole: boolean): void {
    this.#terminal.feed(bytes);
    this.#rest += Buffer.from(bytes).toString("latin1");
    if (!whole) return;
    this.#judgeText(this.#rest);
    this.#rest = "";
  }

  /** All sequences of a text, found by patterns: independent of any parser, and for what xterm.js does not tell of. */
  #judgeText(text: string): void {
    const SEQUENCES =
      /(?:\x1b\]|\xc2\x9d)[\x20-\xff]*?(?:\x07|\x1b\\|\xc2\x9c)|(?:\x1bP|\xc2\x90)[\x20-\x7e]*(?:\x1b\\|\xc2\x9c)|(?:\x1b\[|\xc2\x9b)[<-?]?[0-9:;]*[ -/]*[@-~]|\x1b[ -/]*[0-OQ-WYZ\\`-~]|\xc2[\x84\x85\x88\x8d\x8e\x8f]/g;
    const rest = text.replace(SEQUENCES, (sequence) => {
      if (/[\x00-\x06\x08-\x1a\x1c-\x1f\x7f]/.test(sequence))
        this.#fail("control inside a sequence", sequence);
      return "";
    });
    const stray = /\x1b|\x05|\xc2[\x80-\x9f]/.exec(rest);
    if (stray !== null)
      this.#fail("stray control", rest.slice(Math.max(0, stray.index - 20), stray.index + 40));
    // 52 in any spelling, and strings that no terminal should have to know.
    for (const pattern of [
      /(?:\x1b\]|\xc2\x9d)0*5[0-2];/,
      /\x1b[X^_]|\xc2[\x98\x9e\x9f]/,
      /\x1b%[^G]/,
      /\x1b G/,
      /\x1b\[\??[45]?i/,
      /\x1b\[[0-9;]*t/,
    ]) {
      const found = pattern.exec(text);
      if (found !== null) this.#fail(`pattern ${pattern.source}`, text.slice(found.index, found.index + 60));
    }
  }

  #judgeOsc(id: number, data: string): boolean {
    this.#count("OSC");
    if (!ALLOWED_OSC.has(id)) this.#fail("forbidden OSC", `${id};${data}`);
    if (/[\u0000-\u001f\u007f-\u009f]/.test(data)) this.#fail("control in an OSC", `${id};${data}`);
    if (id <= 2 && [...data].length > 200) this.#fail("long title", data);
    if (id === 8) {
      const uri = data.slice(data.indexOf(";") + 1);
      if (uri !== "" && !/^(?:https?|mailto):/i.test(uri)) this.#fail("forbidden link", uri);
    }
    if (id === 9 && !/^(?:\[work\] |4;)/.test(data)) this.#fail("unmarked notification", data);
    if (id === 777 && !data.startsWith("notify;[work] ")) this.#fail("unmarked notification", data);
    if (id === 99 && !data.startsWith(";[work] ")) this.#fail("unmarked notification", data);
    return false;
  }

  #judgeReply(reply: string): void {
    this.#count("reply");
    if (!this.#maySpeak) this.#fail("answered", reply);
    else if (!ALLOWED_REPLIES.some((allowed) => allowed.test(reply))) this.#fail("forbidden answer", reply);
  }

  #count(kind: string): void {
    this.seen.set(kind, (this.seen.get(kind) ?? 0) + 1);
  }

  #fail(rule: string, what: string): void {
    if (this.violations.length < 20) this.violations.push({ rule, what });
  }
}
