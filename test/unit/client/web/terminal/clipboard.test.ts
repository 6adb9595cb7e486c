// Pasting into a terminal that only watches.
import { afterEach, expect, it, vi } from "vitest";
import { pasteEvent, pasteFromClipboard } from "../../../../../client/web/terminal/clipboard.js";

afterEach(() => vi.unstubAllGlobals());

it("says that a paste goes nowhere where nothing may be typed, and asks nobody", async () => {
  const readText = vi.fn();
  vi.stubGlobal("navigator", { clipboard: { readText } });
  const said: string[] = [];
  await pasteFromClipboard(undefined, (text) => said.push(text));
  const preventDefault = vi.fn();
  const event = { preventDefault, stopPropagation: () => {} } as unknown as ClipboardEvent;
  pasteEvent(event, undefined, (text) => said.push(text));
  expect(said).toEqual(Array(2).fill("read-only · a paste goes nowhere"));
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(readText).not.toHaveBeenCalled();
});
