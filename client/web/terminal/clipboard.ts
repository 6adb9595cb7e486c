// Copying and pasting: what comes in is cleaned and, when it has several lines, asked about.
/// <reference lib="dom" />
import type { Terminal } from "@xterm/xterm";
import { cleanPaste } from "../../../shared/clean-paste.js";
import { confirmDialog, inputDialog } from "../dialogs.js";
import { pasteQuestion } from "./pasted-text.js";

/** Pastes `text` as if typed, bracketed where the program asked for that. */
export async function pasteText(terminal: Terminal, text: string): Promise<void> {
  const clean = cleanPaste(text);
  const question = pasteQuestion(clean);
  if (question !== undefined) {
    if (!(await confirmDialog({ ...question, yes: "Paste" }))) return;
  }
  terminal.paste(clean);
  terminal.focus();
}

const READ_ONLY = "read-only · a paste goes nowhere";

/** The browser's own paste. @param terminal undefined: nothing may be typed, which is said. */
export function pasteEvent(
  event: ClipboardEvent,
  terminal: Terminal | undefined,
  say: (text: string) => void,
): void {
  event.preventDefault();
  event.stopPropagation();
  if (terminal === undefined) say(READ_ONLY);
  else void pasteText(terminal, event.clipboardData?.getData("text/plain") ?? "");
}

/** From the clipboard, or, where the browser does not give it, from a field to paste into. The rest as `pasteEvent`. */
export async function pasteFromClipboard(
  terminal: Terminal | undefined,
  say: (text: string) => void,
): Promise<void> {
  if (terminal === undefined) {
    say(READ_ONLY);
    return;
  }
  try {
    await pasteText(terminal, await navigator.clipboard.readText());
  } catch {
    await inputDialog({
      title: "Paste",
      label: "Paste here; the browser does not let the page read the clipboard",
      value: "",
      yes: "Paste",
      submit: async (value) => {
        setTimeout(() => void pasteText(terminal, value));
      },
    });
  }
}

/** Nothing is copied over with nothing. @param say what became of it. */
export async function copyText(text: string, say: (text: string) => void): Promise<void> {
  if (text === "") return;
  try {
    await navigator.clipboard.writeText(text);
    say("copied");
  } catch {
    say("the browser does not let this page copy");
  }
}
