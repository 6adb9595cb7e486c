// Coming back to a shell: to itself under whatever name, and never to another one.
import { expect, it } from "vitest";
import { presentName } from "../../../shared/present-name.js";
import type { ShellInfo } from "../../../shared/rpc.js";

const shell = (name: string, shellId: string, createdAt = "2026-01-01T00:00:00.000Z", session = "s") =>
  ({ name, shellId, createdAt, runtimeSessionId: session }) as ShellInfo;
const mine = shell("work", "one");

it("finds the shell by its id, whatever it is called and whoever has its name", () => {
  expect(presentName([shell("other", "one"), shell("work", "two", "2026-01-02T00:00:00.000Z")], mine)).toBe(
    "other",
  );
});

it("finds the shell whose server has given it another id", () => {
  expect(presentName([shell("work", "two")], mine)).toBe("work");
});

it("does not take another shell of its name for it", () => {
  expect(() => presentName([shell("work", "two", "2026-01-02T00:00:00.000Z")], mine)).toThrow(
    "another one has its name",
  );
});

it("leaves it to the daemon to say that there is none", () => {
  expect(presentName([], mine)).toBe("work");
});

it("does not take a shell of the same id in another runtime session for it", () => {
  const others = [shell("a", "one", "2026-01-02T00:00:00.000Z", "other"), shell("renamed", "one")];
  expect(presentName(others, mine)).toBe("renamed");
});
