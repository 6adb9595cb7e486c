// Regular expressions from the command line; they run here, where a slow one harms nobody else.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";

/** @throws AgentdError `usage`. */
export function parsePattern(text: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExp(text, ignoreCase ? "iu" : "u");
  } catch {
    // Unicode mode refuses escapes that mean nothing, such as `\-`: people write them.
  }
  try {
    return new RegExp(text, ignoreCase ? "i" : "");
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(": ").at(-1) ?? "") : "";
    throw new AgentdError(
      "usage",
      `bad pattern '${printable(text, 60)}' · ${printable(reason.toLowerCase())}`,
    );
  }
}
