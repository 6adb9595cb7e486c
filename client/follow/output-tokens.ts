// Cuts terminal output into text, control characters and sequences, across reads.

export type Token =
  /** Printable characters. */
  | { readonly kind: "text"; readonly text: string }
  /** One of C0. */
  | { readonly kind: "control"; readonly character: string }
  /** `CSI parameters final`, such as `31` and `m`; intermediates belong to `final`. */
  | { readonly kind: "csi"; readonly parameters: string; readonly final: string }
  /** What follows ESC in the short sequences, such as `M` or `(B`. */
  | { readonly kind: "escape"; readonly text: string };

const ALTERNATE = /^\?(?:.*;)?(?:47|1047|1049)(?:;|$)/;

/** A full-screen program takes the screen (true) or gives it back (false); undefined for every other token. */
export function alternateSwitch(token: Token): boolean | undefined {
  if (token.kind !== "csi" || (token.final !== "h" && token.final !== "l")) return undefined;
  return ALTERNATE.test(token.parameters) ? token.final === "h" : undefined;
}

type State = "ground" | "escape" | "csi" | "string";

/** Longer sequences are nothing that anybody draws with. */
const MAX_SEQUENCE = 256;
const PLAIN = /[^\u0000-\u001f\u007f-\u009f]+/y;

/** Strings (OSC, DCS, APC, PM, SOS) are swallowed, also when they are never ended by more than a control character. */
export class OutputTokens {
  readonly #decoder = new TextDecoder();
  #state: State = "ground";
  #sequence = "";

  *push(bytes: Uint8Array): Generator<Token> {
    const text = this.#decoder.decode(bytes, { stream: true });
    for (let at = 0; at < text.length; at++) {
      if (this.#state === "ground") {
        PLAIN.lastIndex = at;
        const plain = PLAIN.exec(text)?.[0];
        if (plain !== undefined) {
          yield { kind: "text", text: plain };
          at += plain.length - 1;
          continue;
        }
      }
      const token = this.#step(text[at] as string);
      if (token !== undefined) yield token;
    }
  }

  #step(character: string): Token | undefined {
    const code = character.charCodeAt(0);
    if (code === 0x1b) return this.#enter("escape");
    if (code === 0x18 || code === 0x1a) return this.#enter("ground");
    if (code >= 0x80 && code <= 0x9f) {
      return this.#enter(
        code === 0x9b ? "csi" : [0x90, 0x98, 0x9d, 0x9e, 0x9f].includes(code) ? "string" : "ground",
      );
    }
    if (this.#state === "string") return code === 0x07 ? this.#enter("ground") : undefined;
    if (code < 0x20) return { kind: "control", character };
    if (this.#state === "ground" || code === 0x7f) return undefined;
    if (this.#sequence.length < MAX_SEQUENCE) this.#sequence += character;
    return this.#state === "csi" ? this.#stepCsi(character) : this.#stepEscape(character);
  }

  #stepEscape(character: string): Token | undefined {
    if (this.#sequence === "[") return this.#enter("csi");
    if (/^[\]PX^_]$/.test(this.#sequence)) return this.#enter("string");
    if (character < "0") return undefined;
    const text = this.#sequence;
    this.#enter("ground");
    return { kind: "escape", text };
  }

  #stepCsi(character: string): Token | undefined {
    if (character < "@") return undefined;
    const [, parameters = "", final = ""] = /^([0-?]*)(.*)$/s.exec(this.#sequence) ?? [];
    this.#enter("ground");
    return character <= "~" ? { kind: "csi", parameters, final } : undefined;
  }

  #enter(state: State): undefined {
    this.#state = state;
    this.#sequence = "";
  }
}
