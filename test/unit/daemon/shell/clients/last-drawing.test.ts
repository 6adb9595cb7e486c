import { describe, expect, it } from "vitest";
import { LastDrawing } from "../../../../../daemon/shell/clients/last-drawing.js";

const view = (cols: number, history = true) => ({ size: { cols, rows: 24 }, history });

describe("LastDrawing", () => {
  it("is handed out again until something changes, to whoever has the same view", async () => {
    const last = new LastDrawing();
    let drawn = 0;
    const draw = async () => [Uint8Array.of(++drawn)];
    const get = async (cols: number, history?: boolean) =>
      (await last.get(view(cols, history), draw))[0]?.[0];
    expect(await get(80)).toBe(1);
    expect(await get(80)).toBe(1);
    expect(await get(81)).toBe(2);
    expect(await get(81, false)).toBe(3);
    last.forget();
    expect(await get(81, false)).toBe(4);
  });

  it("is not that of before a change which came while it was drawn", async () => {
    const last = new LastDrawing();
    let release: (frames: Uint8Array[]) => void = () => {};
    const slow = last.get(view(80), () => new Promise((resolve) => (release = resolve)));
    last.forget();
    release([Uint8Array.of(1)]);
    expect((await slow)[0]?.[0]).toBe(1);
    expect((await last.get(view(80), async () => [Uint8Array.of(2)]))[0]?.[0]).toBe(2);
  });
});
