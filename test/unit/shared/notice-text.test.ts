import { expect, it } from "vitest";
import type { Notice } from "../../../shared/notice.js";
import { noticeLine } from "../../../shared/notice-text.js";

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const local = (iso: string) => new Date(iso).toTimeString().slice(0, 8);
const span = { from: "2026-11-21T14:02:11.000Z", to: "2026-11-21T14:02:39.000Z" };

it.each<[Notice, string | undefined]>([
  [
    { kind: "lost", attempt: 2, reason: "x", retryAt: new Date(now + 3_600).toISOString() },
    "link lost · retry 2 in 4s · keys are kept",
  ],
  [
    { kind: "lost", attempt: 1, reason: "x", held: 23 },
    "link lost · retry 1 · 23 B of typing kept, Ctrl-C drops it",
  ],
  [{ kind: "back", verdict: "same", bytesLost: 0, counted: true }, "back · same shell · 0 bytes lost"],
  [{ kind: "back", verdict: "same", bytesLost: 0 }, "back · same shell"],
  [
    { kind: "back", verdict: "same", bytesLost: 12_345, inDoubt: 7 },
    "back · same shell · 12.1 KiB lost · the last 7 B typed before may not have arrived",
  ],
  [
    { kind: "back", verdict: "new", bytesLost: 0, heldDiscarded: 4 },
    "new shell · the old one is gone · 4 B of typing not sent",
  ],
  [{ kind: "back", verdict: "unknown", bytesLost: 0 }, "back · perhaps another shell"],
  [{ kind: "back", verdict: "same", bytesLost: 2048 }, "back · same shell · 2.0 KiB lost"],
  [{ kind: "taken" }, "work was taken by another client · agentd attach --take work"],
  [
    { kind: "waiting", reason: "credentials", message: "run aws sso login" },
    "waiting for credentials · run aws sso login",
  ],
  [{ kind: "resized", cols: 1, rows: 1, leads: true }, undefined],
  [{ kind: "silent", seconds: 3 }, "no answer from the runtime for 3s · asking"],
  [{ kind: "silent" }, "the runtime answers again"],
  [
    {
      kind: "replayed",
      ambiguous: false,
      missing: span,
      back: { kind: "back", verdict: "same", bytesLost: 0 },
    },
    `back · same shell · output between ${local(span.from)} and ${local(span.to)} may be missing`,
  ],
  [
    { kind: "replayed", ambiguous: true, back: { kind: "back", verdict: "unknown", bytesLost: 0 } },
    "back · perhaps another shell · some output may be shown twice",
  ],
  [
    {
      kind: "replayed",
      ambiguous: false,
      missing: span,
      back: { kind: "back", verdict: "same", bytesLost: 0, inDoubt: 14 },
    },
    `back · same shell · output between ${local(span.from)} and ${local(span.to)} may be missing · the last 14 B typed before may not have arrived`,
  ],
  [
    {
      kind: "replayed",
      ambiguous: false,
      missing: span,
      back: { kind: "back", verdict: "new", bytesLost: 0, heldDiscarded: 5 },
    },
    "new shell · the old one is gone · 5 B of typing not sent",
  ],
  [{ kind: "replayed", ambiguous: true }, "back · some output may be shown twice"],
  [{ kind: "discarded", bytes: 23 }, "23 B of typing not sent"],
  [{ kind: "sending", sent: 3_250_586, total: 10_485_760 }, "pasting 3.1 MiB of 10.0 MiB · Ctrl-C stops"],
  [{ kind: "sending", sent: 10_485_760, total: 10_485_760 }, "pasted 10.0 MiB"],
  [
    { kind: "blocked", what: "clipboard", bytes: 1_234 },
    "the program wanted to set the clipboard (1.2 KiB) · agentd new --clipboard allow …",
  ],
  [{ kind: "position", offset: 1 }, undefined],
])("%j reads as a person would want it", (notice, line) => {
  expect(noticeLine("work", notice, now)).toBe(line);
});
