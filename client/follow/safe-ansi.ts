// Output for somebody's terminal that is not the shell's: colours and what happens within a line; nothing that moves, switches or asks.
import { OutputTokens } from "./output-tokens.js";

const CONTROLS = new Set(["\n", "\r", "\b", "\t"]);
/** Within the line: erase, move, insert, delete. */
const FINALS = new Set(["m", "K", "C", "D", "G", "P", "@", "X"]);

export class SafeAnsi {
  readonly #tokens = new OutputTokens();

  push(bytes: Uint8Array): string {
    let text = "";
    for (const token of this.#tokens.push(bytes)) {
      if (token.kind === "text") text += token.text;
      else if (token.kind === "control") text += CONTROLS.has(token.character) ? token.character : "";
      else if (token.kind === "csi" && FINALS.has(token.final) && /^[\d;:]*$/.test(token.parameters)) {
        text += `\u001b[${token.parameters}${token.final}`;
      }
    }
    return text;
  }
}
