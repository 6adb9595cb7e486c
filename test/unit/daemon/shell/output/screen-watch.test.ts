// The frames that somebody who looks at a shell from outside is sent.
import { beforeEach, describe, expect, it } from "vitest";
import { ScreenWatch } from "../../../../../daemon/shell/output/screen-watch.js";
import type { ScreenFrame } from "../../../../../shared/rpc.js";
import { VirtualClock } from "../../../../support/virtual-clock.js";

describe("screen watch", () => {
  let clock: VirtualClock;
  let line: string;
  let looks: number;
  let frames: ScreenFrame[];
  let takes: boolean;
  let watch: ScreenWatch;

  beforeEach(() => {
    clock = new VirtualClock();
    line = "one";
    looks = 0;
    frames = [];
    takes = true;
    const look = async () => {
      looks++;
      return { cols: 80, rows: 24, top: 0, lines: [line] };
    };
    const viewer = { isReady: () => takes, show: (frame: ScreenFrame) => void frames.push(frame) };
    watch = new ScreenWatch({ clock, name: () => "a", look }, viewer);
  });

  const shown = () => frames.map(({ lines }) => lines[0]);

  it("sends the screen at once, and nothing while it stays the same", async () => {
    watch.touch();
    await clock.advance(10);
    expect(frames).toEqual([{ name: "a", cols: 80, rows: 24, top: 0, lines: ["one"] }]);
    watch.touch();
    await clock.advance(10_000);
    expect(frames).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it("looks at most 15 times a second, and shows the last state of a flood", async () => {
    for (let frame = 0; frame < 1000; frame++) {
      line = `line ${frame}`;
      watch.touch();
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(looks).toBeLessThanOrEqual(16);
    expect(shown().at(-1)).toBe("line 999");
    expect(clock.pendingTimers).toBe(0);
  });

  it("draws nothing for somebody who does not read, and then the screen as it is by then", async () => {
    takes = false;
    watch.touch();
    await clock.advance(10_000);
    expect(frames).toEqual([]);
    expect(looks).toBe(0);
    line = "two";
    takes = true;
    await clock.advance(100);
    expect(shown()).toEqual(["two"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("ends with nothing behind it, also in the middle of a look", async () => {
    watch.touch();
    watch.end();
    await clock.advance(1000);
    watch.touch();
    await clock.advance(1000);
    expect(frames).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
