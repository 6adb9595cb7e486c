import { expect, it } from "vitest";
import { Admission } from "../../../../daemon/upstream/admission.js";
import { settle, VirtualClock } from "../../../support/virtual-clock.js";

const never = new AbortController().signal;

function make() {
  const clock = new VirtualClock();
  const admission = new Admission(clock);
  const inside: { name: string; leave: () => void }[] = [];
  const enter = (name: string, isUrgent = false, signal = never) =>
    admission.enter(() => isUrgent, signal).then((leave) => inside.push({ name, leave }));
  const names = () => inside.map(({ name }) => name);
  return { clock, enter, inside, names };
}

it("lets three in at a time, in the order they came", async () => {
  const { enter, inside, names } = make();
  for (const name of ["a", "b", "c", "d", "e"]) void enter(name);
  await settle();
  expect(names()).toEqual(["a", "b", "c"]);
  inside[1]?.leave();
  inside[1]?.leave();
  await settle();
  expect(names()).toEqual(["a", "b", "c", "d"]);
});

it("lets those go first where somebody is attached", async () => {
  const { enter, inside, names } = make();
  for (const name of ["a", "b", "c", "d"]) void enter(name);
  void enter("attached", true);
  await settle();
  inside[0]?.leave();
  await settle();
  expect(names().at(-1)).toBe("attached");
});

it("is not held up by a runtime that takes minutes to start", async () => {
  const { clock, enter, names } = make();
  for (const name of ["slow1", "slow2", "slow3", "d"]) void enter(name);
  await clock.advance(4_999);
  expect(names()).toHaveLength(3);
  await clock.advance(1);
  expect(names()).toEqual(["slow1", "slow2", "slow3", "d"]);
  await clock.advance(60_000);
  expect(clock.pendingTimers).toBe(0);
});

it("forgets who gave up waiting", async () => {
  const { enter, inside, names } = make();
  const giveUp = new AbortController();
  for (const name of ["a", "b", "c"]) void enter(name);
  const gone = enter("gone", true, giveUp.signal);
  void enter("d");
  await settle();
  giveUp.abort(new Error("stopped"));
  await expect(gone).rejects.toThrow("stopped");
  inside[0]?.leave();
  await settle();
  expect(names().at(-1)).toBe("d");
  await expect(enter("late", false, giveUp.signal)).rejects.toThrow("stopped");
});
