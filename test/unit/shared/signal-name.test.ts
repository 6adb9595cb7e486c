// The names of signals are those that this system knows.
import { constants } from "node:os";
import { expect, it } from "vitest";
import { signalName } from "../../../shared/signal-name.js";

it.runIf(process.platform === "linux")("calls signals as the system does", () => {
  const numbers = Object.values(constants.signals);
  expect(numbers.length).toBeGreaterThan(25);
  const other = new Set(["SIGIOT", "SIGPOLL", "SIGUNUSED"]);
  for (const [name, number] of Object.entries(constants.signals))
    if (!other.has(name)) expect(signalName(number)).toBe(name);
});

it("calls a signal without a name by its number", () => {
  expect([0, 34, 64, 1000].map(signalName)).toEqual(["signal 0", "signal 34", "signal 64", "signal 1000"]);
});
