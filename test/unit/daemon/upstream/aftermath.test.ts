// What stays uncertain from one connection to the next.
import { expect, it } from "vitest";
import { Aftermath } from "../../../../daemon/upstream/aftermath.js";
import type { ConnectionEnd } from "../../../../daemon/upstream/outcome.js";

const closed: Extract<ConnectionEnd, { kind: "closed" }> = {
  kind: "closed",
  code: 1011,
  reason: "",
  ageMs: 5,
  closeFrame: false,
  killed: false,
  started: true,
};
const at = (ms: number) => ({ ms, wallMs: ms });
const certain = (endedAt: number) => ({
  inputInDoubt: 0,
  outputInDoubtSince: undefined,
  lastOutputAt: undefined,
  endedAt: at(endedAt),
});

it("keys in doubt are said once", () => {
  const aftermath = new Aftermath();
  expect(aftermath.takeInputInDoubt()).toEqual({});
  aftermath.update(closed, { ...certain(10), inputInDoubt: 7 });
  expect(aftermath.takeInputInDoubt()).toEqual({ inDoubt: 7 });
  expect(aftermath.takeInputInDoubt()).toEqual({});
});

it("a connection that brought nothing ends no doubt about the one before", () => {
  const aftermath = new Aftermath();
  const doubtful = { ...certain(2_000), outputInDoubtSince: at(1_000), lastOutputAt: 900 };
  aftermath.update(closed, doubtful);
  aftermath.update(closed, certain(3_000));
  expect(aftermath.uncertainty).toEqual({ ...doubtful, lastOutputAt: 1_000 });
  aftermath.update(closed, { ...certain(4_000), lastOutputAt: 3_999 });
  expect(aftermath.uncertainty?.outputInDoubtSince).toBeUndefined();
});

it("an answer that was lost after a connection without a word takes what was printed since the one before", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed, { ...certain(2_000), lastOutputAt: 1_900 });
  aftermath.update(closed, certain(3_000));
  aftermath.update({ kind: "failed", code: "ECONNRESET", message: "" }, certain(4_000));
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(2_000));
});

it("a connection that may have lost its replay makes the time doubtful for which that was", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed, certain(2_000));
  aftermath.update(closed, { ...certain(3_000), outputInDoubtSince: at(2_998) });
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(2_000));
});

it("a connection that was heard of long after it was made has brought all that there was", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed, certain(2_000));
  aftermath.update({ ...closed, ageMs: 60_000 }, { ...certain(70_000), outputInDoubtSince: at(69_000) });
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(69_000));
});

it("an upgrade whose answer was lost makes the output since the last connection doubtful, one that reached nobody does not", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed, certain(2_000));
  aftermath.update({ kind: "failed", code: "ENOTFOUND", message: "" }, certain(2_100));
  expect(aftermath.uncertainty?.outputInDoubtSince).toBeUndefined();
  aftermath.update({ kind: "failed", code: "ECONNRESET", message: "" }, certain(2_200));
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(2_000));
});

it("an orderly stop of a connection ends the doubt about the one before, and one of an upgrade does not", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed, { ...certain(2_000), outputInDoubtSince: at(1_000) });
  aftermath.update({ kind: "stopped", ageMs: 60_000 }, { ...certain(70_000), lastOutputAt: 20_000 });
  expect(aftermath.uncertainty).toMatchObject({ outputInDoubtSince: undefined, endedAt: at(70_000) });
  aftermath.update({ kind: "stopped" }, certain(80_000));
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(70_000));
});

it("while another client has the shell, the output goes there", () => {
  const aftermath = new Aftermath();
  aftermath.update({ ...closed, code: 4000, ageMs: 60_000 }, certain(70_000));
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(70_000));
});

it("a first connection that brought nothing makes its whole life doubtful, whatever pongs there were", () => {
  const aftermath = new Aftermath();
  aftermath.update({ ...closed, ageMs: 800 }, { ...certain(1_000), outputInDoubtSince: at(700) });
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(200));
});

it("a takeover before the replay came makes the time since the connection before doubtful", () => {
  const aftermath = new Aftermath();
  aftermath.update(closed, { ...certain(2_000), lastOutputAt: 1_900 });
  aftermath.update({ ...closed, code: 4000 }, certain(3_000));
  expect(aftermath.uncertainty?.outputInDoubtSince).toEqual(at(2_000));
});
