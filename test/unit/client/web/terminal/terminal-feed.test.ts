import { describe, expect, it } from "vitest";
import { TerminalFeed } from "../../../../../client/web/terminal/terminal-feed.js";
import { framePayload } from "../../../../../shared/frame.js";
import { encodeSnapshot } from "../../../../../shared/snapshot.js";
import { EPOCH } from "../../../../support/fake-daemon.js";

/** Parses when the test says so. */
function parser() {
  const written: { data: string; done: (() => void) | undefined }[] = [];
  const write = (data: Uint8Array | string, done?: () => void) =>
    void written.push({ data: typeof data === "string" ? data : new TextDecoder().decode(data), done });
  const parse = () => {
    for (const { done } of written.splice(0)) done?.();
  };
  return { written, write, parse };
}

describe("what a terminal in a page is fed", () => {
  it("is counted: output by its bytes, a snapshot by where it stands", () => {
    const { write } = parser();
    const feed = new TerminalFeed({ write }, () => {});
    feed.position = { epoch: EPOCH, offset: 10 };
    feed.showOutput(new Uint8Array(5), () => {});
    expect(feed.position.offset).toBe(15);
    feed.moveTo(40);
    const [frame] = encodeSnapshot({
      epoch: EPOCH,
      offset: 99,
      size: { cols: 80, rows: 24 },
      bytes: new Uint8Array(3),
    });
    feed.showSnapshot(framePayload(frame!), () => {});
    expect(feed.position).toEqual({ epoch: EPOCH, offset: 99 });
  });

  it("is drawing exactly while bytes of a snapshot are parsed, also when it comes in parts", () => {
    const { written, write } = parser();
    let drawn = 0;
    const feed = new TerminalFeed({ write }, () => drawn++);
    const states: boolean[] = [];
    const look = () => states.push(feed.isDrawing);
    const big = new Uint8Array(100_000).fill(0x61);
    feed.showOutput(new Uint8Array(1), look);
    for (const frame of encodeSnapshot({ epoch: EPOCH, offset: 1, size: { cols: 80, rows: 24 }, bytes: big }))
      feed.showSnapshot(framePayload(frame), look);
    feed.showOutput(new Uint8Array(1), look);
    for (const { done } of written) done?.();
    expect([states, drawn]).toEqual([[false, true, true, false], 1]);
  });

  it("stops drawing when the rest of a snapshot will not come", () => {
    const { write, parse } = parser();
    const feed = new TerminalFeed({ write }, () => {});
    const [first] = encodeSnapshot({
      epoch: EPOCH,
      offset: 1,
      size: { cols: 80, rows: 24 },
      bytes: new Uint8Array(100_000),
    });
    feed.showSnapshot(framePayload(first!), () => {});
    parse();
    expect(feed.isDrawing).toBe(true);
    feed.cutOff();
    parse();
    expect(feed.isDrawing).toBe(false);
  });
});
