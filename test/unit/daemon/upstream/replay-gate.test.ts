// What a gate remembers from one connection to the next; what it decides is tested with the resolver.
import { expect, it } from "vitest";
import { ReplayGate } from "../../../../daemon/upstream/replay-gate.js";
import { ReplayKnowledge } from "../../../../daemon/upstream/replay-knowledge.js";
import { Channel } from "../../../../shared/channel.js";
import { encodeFrame, framePayload } from "../../../../shared/frame.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

it("remembers the first output of a new shell, which was withheld until it was known to be one", async () => {
  const clock = new VirtualClock();
  let output = "";
  const gate = new ReplayGate({
    clock,
    knowledge: new ReplayKnowledge(),
    server: "a server that repeats",
    onFrame: (frame) => {
      output += Buffer.from(framePayload(frame)).toString();
    },
  });
  const frame = (text: string) => encodeFrame(Channel.Stdout, Buffer.from(text));
  const words = Array.from({ length: 30 }, (_, n) => `line ${n} of the new shell\r\n`).join("");
  gate.open(false);
  gate.push(frame("the old shell"));
  gate.end();
  const kinds: string[] = [];
  const beginReplay = () =>
    gate.beginReplay(
      ({ kind }) => kinds.push(kind),
      () => {},
    );
  beginReplay();
  gate.push(frame(words));
  expect(output).toBe("the old shell");
  gate.open(false);
  expect(output).toBe(`the old shell${words}`);
  gate.end();
  beginReplay();
  gate.push(frame(`${words}$ `));
  await clock.advance(2_000);
  expect(kinds.at(-1)).toBe("overlap");
  expect(output).toBe(`the old shell${words}$ `);
});
