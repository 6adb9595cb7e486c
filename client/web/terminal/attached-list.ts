// Who has a shell open right now, one line each.
/// <reference lib="dom" />
import { printable } from "../../../shared/names.js";
import type { AttachedInfo } from "../../../shared/rpc.js";
import { frame, showDialog } from "../dialogs.js";
import { button, el } from "../elements.js";

/** Resolves when it was closed. */
export async function showAttached(name: string, attached: readonly AttachedInfo[]): Promise<void> {
  const dialog = frame(`Attached to ${name}`, "dialog");
  const close = button("Close", () => dialog.close(""));
  close.autofocus = true;
  dialog.append(
    el("ul", { class: "plain-list" }, ...attached.map((client) => el("li", { text: clientText(client) }))),
    el("p", { class: "hint", text: "This tab is one of them." }),
    el("div", { class: "actions" }, close),
  );
  await showDialog(dialog);
}

/** `browser · 120x40 · typed last`. */
export function clientText(info: AttachedInfo): string {
  const { behind, client = "a client", cols, ignoreSize, leads, readOnly, rows, tty } = info;
  const parts = [client, ...(tty === undefined ? [] : [tty]), `${cols}x${rows}`];
  if (leads) parts.push("typed last");
  if (readOnly) parts.push("read-only");
  if (ignoreSize) parts.push("its size does not count");
  if (behind) parts.push("behind");
  return printable(parts.join(" · "), 160);
}
