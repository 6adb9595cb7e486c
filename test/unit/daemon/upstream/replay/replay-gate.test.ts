// What a gate remembers from one connection to the next; what it decides is tested with the resolver.
import { expect, it } from "vitest";
import { ReplayGate } from "../../../../../daemon/upstream/replay/replay-gate.js";
import { ReplayKnowledge } from "../../../../../daemon/upstream/replay/replay-knowledge.js";
import { Channel } from "../../../../../shared/channel.js";
import { encodeFrame, framePayload } from "../../../../../shared/frame.js";
import { VirtualClock } from "../../../../support/virtual-clock.js";

const frame = (text: string) => encodeFrame(Channel.Stdout, Buffer.from(text));

/** A gate, and what it has let through. */
function makeGate(clock: VirtualClock) {
  const passed = { output: "" };
  const gate = new ReplayGate({
    clock,
    knowledge: new ReplayKnowledge(),
    server: "a server",
    onFrame: (through) => {
      passed.output += Buffer.from(framePayload(through)).toString();
    },
  });
  return { gate, passed };
}

it("remembers the first output of a new shell, which was withheld until it was known to be one", async () => {
  const clock = new VirtualClock();
  const { gate, passed } = makeGate(clock);
  const words = Array.from({ length: 30 }, (_, n) => `line ${n} of the new shell\r\n`).join("");
  gate.open(false);
  gate.push(frame("the old shell"));
  gate.end();
  const kinds: string[] = [];
  const beginReplay = () =>
    gate.beginReplay(
      ({ kind }) => {
        kinds.push(kind);
        return false;
      },
      () => {},
    );
  beginReplay();
  gate.push(frame(words));
  expect(passed.output).toBe("the old shell");
  gate.open(false);
  expect(passed.output).toBe(`the old shell${words}`);
  gate.end();
  beginReplay();
  gate.push(frame(`${words}$ `));
  await clock.advance(2_000);
  expect(kinds.at(-1)).toBe("overlap");
  expect(passed.output).toBe(`the old shell${words}$ `);
});

it("says that a replay may repeat what was delivered before a hole, and drops nothing of it", () => {
  const clock = new VirtualClock();
  const { gate, passed } = makeGate(clock);
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `line ${(from + n) * 7919}\r\n`).join("");
  const kinds: string[] = [];
  const reattach = (mayMiss: boolean) =>
    gate.beginReplay(
      ({ kind }) => {
        kinds.push(kind);
        return mayMiss;
      },
      () => {},
    );
  gate.open(false);
  gate.push(frame(lines(0, 40)));
  gate.end();
  // Lines 40 to 99 were swallowed by the connection that broke.
  reattach(true);
  gate.push(frame(lines(100, 200)));
  gate.end();
  reattach(false);
  gate.push(frame(lines(0, 300)));
  gate.end();
  expect(kinds).toEqual(["fresh", "ambiguous"]);
  expect(passed.output).toBe(`${lines(0, 40)}${lines(100, 200)}${lines(0, 300)}`);
});

it("remembers what a new shell printed before it was known to be new", async () => {
  const clock = new VirtualClock();
  const { gate, passed } = makeGate(clock);
  const greeting = "welcome to the new machine, which prints this once\r\n";
  const kinds: string[] = [];
  const reattach = () =>
    gate.beginReplay(
      ({ kind }) => {
        kinds.push(kind);
        return false;
      },
      () => {},
    );
  gate.open(false);
  gate.push(frame("the old shell"));
  gate.end();
  reattach();
  await clock.advance(2_000);
  gate.push(frame(greeting));
  gate.open(false);
  gate.push(frame("and a prompt that makes it long enough $ "));
  gate.end();
  reattach();
  gate.push(frame(`${greeting}and a prompt that makes it long enough $ `));
  await clock.advance(2_000);
  expect(kinds).toEqual(["fresh", "overlap"]);
  expect(passed.output).toBe(`the old shell${greeting}and a prompt that makes it long enough $ `);
});
