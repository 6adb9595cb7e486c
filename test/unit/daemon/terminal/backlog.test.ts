import { describe, expect, it } from "vitest";
import { Backlog } from "../../../../daemon/terminal/backlog.js";

function sizesOf(backlog: Backlog): number[] {
  const sizes: number[] = [];
  for (let { head } = backlog; head !== undefined; { head } = backlog) {
    if (head.kind === "resize") sizes.push(head.size.cols);
    backlog.shift();
  }
  return sizes;
}

describe("the backlog of a screen", () => {
  it("holds few sizes of a client that sends nothing else, and the last of them", () => {
    const backlog = new Backlog();
    for (let cols = 1; cols <= 10_000; cols++) backlog.push({ kind: "resize", size: { cols, rows: 24 } });
    const sizes = sizesOf(backlog);
    expect(sizes.length).toBeLessThanOrEqual(64);
    expect(sizes.at(-1)).toBe(10_000);
    expect(backlog.isAwaited).toBe(false);
  });

  it("keeps every size that stands at another place in the output", () => {
    const backlog = new Backlog();
    for (let cols = 1; cols <= 200; cols++) {
      backlog.push({ kind: "resize", size: { cols, rows: 24 } });
      backlog.write(Uint8Array.of(0x78), false);
    }
    expect(sizesOf(backlog)).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
    expect(backlog.pendingBytes).toBe(0);
  });
});
