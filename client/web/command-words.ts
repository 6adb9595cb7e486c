// Sentences that name a command: the command is set in the terminal's letters.
/// <reference lib="dom" />
import { el } from "./elements.js";

const COMMANDS = /(agentd (?:web|daemon start|new NAME|ls)\b)/;

/** `text` as nodes. */
export function commandWords(text: string): Node[] {
  return text
    .split(COMMANDS)
    .map((part) => (COMMANDS.test(part) ? el("code", { text: part }) : document.createTextNode(part)));
}
