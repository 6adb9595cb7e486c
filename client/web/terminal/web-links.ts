// Links in the terminal: only to the web, only after their real address was shown, and the other side learns nothing of this page.
/// <reference lib="dom" />
import type { ILinkHandler } from "@xterm/xterm";
import { confirmDialog } from "../dialogs.js";
import { isPlainAddress, webAddress } from "./web-address.js";

/** @param show says the address while the pointer is on a link; undefined: it has left. */
export function linkHandler(show: (address: string | undefined) => void): ILinkHandler {
  return {
    activate: (_event, text) => void open(text, true),
    hover: (_event, text) => show(webAddress(text)),
    leave: () => show(undefined),
    allowNonHttpProtocols: false,
  };
}

/** A link that is the text on the screen needs no question where what is read is where it leads. */
export function openPlainLink(_event: MouseEvent, text: string): void {
  void open(text, !isPlainAddress(text));
}

/** @param hidden the address is not what is read on the screen, so it is asked about. */
async function open(text: string, hidden: boolean): Promise<void> {
  const address = webAddress(text);
  if (address === undefined) return;
  const question = { title: "Open this address?", excerpt: address, yes: "Open" };
  if (hidden && !(await confirmDialog(question))) return;
  window.open(address, "_blank", "noopener,noreferrer");
}
