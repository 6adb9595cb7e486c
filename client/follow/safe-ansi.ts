// Output for somebody's terminal that is not the shell's: colours and what happens within a line; nothing that moves, switches or asks,
// and nothing of what a full-screen program draws.
import { printable } from "../../shared/names.js";
import { alternateSwitch, OutputTokens } from "./output-tokens.js";

const CONTROLS = new Set(["\n", "\r", "\b", "\t"]);
/** Within the line: erase, move, insert, delete. */
const FINALS = new Set(["m", "K", "C", "D", "G", "P", "@", "X"]);

export class SafeAnsi {
  readonly #tokens = new OutputTokens();
  readonly #onAlternate: () => void;
  #isAlternate: boolean;

  /** @param onAlternate a full-screen program has taken the screen; @param isAlternate one has it already */
  constructor(onAlternate: () => void = () => {}, isAlternate = false) {
    this.#onAlternate = onAlternate;
    this.#isAlternate = isAlternate;
  }

  push(bytes: Uint8Array): string {
    let text = "";
    for (const token of this.#tokens.push(bytes)) {
      const toAlternate = alternateSwitch(token);
      if (toAlternate === true && !this.#isAlternate) this.#onAlternate();
      this.#isAlternate = toAlternate ?? this.#isAlternate;
      if (this.#isAlternate) continue;
      if (token.kind === "text") text += printable(token.text, token.text.length);
      else if (token.kind === "control") text += CONTROLS.has(token.character) ? token.character : "";
      else if (token.kind === "csi" && FINALS.has(token.final) && /^[\d;:]*$/.test(token.parameters)) {
        text += `\u001b[${token.parameters}${token.final}`;
      }
    }
    return text;
  }
}
