// The daemon's directory is removed under it, and its socket's name again later.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { InstanceLock } from "../../../../daemon/server/instance-lock.js";
import { RuntimePlace } from "../../../../daemon/server/runtime-place.js";
import { tempDirectory } from "../../../support/temp-directory.js";

function acquired(directory: string): InstanceLock {
  const result = InstanceLock.acquire(directory);
  if (result.kind !== "held") throw new Error("somebody has it");
  return result.lock;
}

/** A daemon that is not the first one in its directory. */
function setUp() {
  const directory = join(tempDirectory(), "agentd");
  const open = () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  };
  open();
  acquired(directory).release();
  let givenUp = 0;
  const place = new RuntimePlace({
    directory,
    lock: acquired(directory),
    open,
    giveUp: () => {
      givenUp += 1;
    },
  });
  return { directory, place, givenUp: () => givenUp };
}

it("is the same while the lock is ours", () => {
  const { directory, place, givenUp } = setUp();
  expect([place.find(), givenUp()]).toEqual([directory, 0]);
});

it("is made and locked again when it was removed, and is ours from then on", () => {
  const { directory, place, givenUp } = setUp();
  rmSync(directory, { recursive: true });
  for (let time = 0; time < 3; time++) expect(place.find()).toBe(directory);
  expect([InstanceLock.acquire(directory).kind, givenUp()]).toEqual(["taken", 0]);
  place.release();
  expect(InstanceLock.acquire(directory).kind).toBe("held");
});

it("is given up to another daemon that has locked it meanwhile", () => {
  const { directory, place, givenUp } = setUp();
  rmSync(directory, { recursive: true });
  mkdirSync(directory, { mode: 0o700 });
  // Of this process, which the lock cannot tell from another one.
  const other = acquired(directory);
  expect(() => place.find()).toThrow(/has taken over/);
  expect([givenUp(), other.isHeld]).toEqual([1, true]);
});
