// A line over the page for what must be said although the view that it is about is gone.
/// <reference lib="dom" />
import { el } from "./elements.js";

const STANDS_MS = 10_000;

/** The last one takes the place of the one before. */
export function toast(text: string): void {
  for (const before of document.querySelectorAll(".toast")) before.remove();
  const element = el("div", { class: "toast", attrs: { role: "status" } });
  document.body.append(element);
  // A live region speaks what changes in it, not what it brings along.
  setTimeout(() => element.append(text), 50);
  setTimeout(() => element.remove(), STANDS_MS);
}
