// What the TUI's screen leaves behind when it is put away.
import { expect, it } from "vitest";
import { BlessedScreen } from "../../../../client/tui/blessed-screen.js";

it("listens to nothing any more, once it was disposed of", () => {
  const count = () =>
    [process, process.stdin, process.stdout].map((source) =>
      source.eventNames().map((event) => [event, source.listenerCount(event)]),
    );
  const before = count();
  const screen = new BlessedScreen({
    onKey: () => {},
    onClick: () => {},
    onWheel: () => {},
    onResize: () => {},
    onEnd: () => {},
  });
  expect(count()).not.toEqual(before);
  screen.dispose();
  expect(count()).toEqual(before);
});
