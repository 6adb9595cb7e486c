import { expect, it, vi } from "vitest";
import type { Context } from "../../../../client/cli/context.js";
import { showProgress } from "../../../../client/text/progress.js";

it("says after a second what is waited for, and what can be done about it, and takes that back", () => {
  vi.useFakeTimers();
  try {
    let shown = "";
    const stderr = { isTTY: true, write: (text: string) => (shown += text) };
    const context = { stderr, quiet: false, color: false } as unknown as Context;
    const progress = showProgress("waiting", context, "--force stops waiting");
    vi.advanceTimersByTime(999);
    expect(shown).toBe("");
    vi.advanceTimersByTime(1);
    expect(shown).toBe("\r[waiting · 1s · --force stops waiting]\u001b[K");
    progress.stop();
    expect(shown.endsWith("\r\u001b[K")).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
