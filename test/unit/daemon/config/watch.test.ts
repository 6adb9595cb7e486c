// The watch over the config file: every way in which people and programs change a file is noticed, on a real file system.
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConfigWatch, placesOf } from "../../../../daemon/config/watch.js";
import { systemClock } from "../../../../daemon/upstream/clock.js";
import { tempDirectory } from "../../../support/temp-directory.js";

/** Resolves at the next change after the call. */
function watching(path: string) {
  let onChange = () => {};
  const watch = new ConfigWatch(path, systemClock, () => onChange());
  onTestFinished(() => watch.close());
  expect(watch.failure).toBeUndefined();
  const seen = (change: () => void) =>
    new Promise<void>((resolve) => {
      onChange = resolve;
      change();
    });
  return { seen };
}

describe("the config watch", () => {
  it("notices a file that is written, replaced, removed, and written again", async () => {
    const path = join(tempDirectory(), "config.toml");
    writeFileSync(path, "a");
    const { seen } = watching(path);
    await seen(() => writeFileSync(path, "b"));
    await seen(() => {
      writeFileSync(`${path}.new`, "c");
      renameSync(`${path}.new`, path);
    });
    await seen(() => writeFileSync(path, "d"));
    await seen(() => unlinkSync(path));
    await seen(() => writeFileSync(path, "e"));
  });

  it("notices a file whose directories are made one after the other", async () => {
    const path = join(tempDirectory(), "config", "agentd", "config.toml");
    const { seen } = watching(path);
    await seen(() => mkdirSync(dirname(dirname(path))));
    await seen(() => mkdirSync(dirname(path)));
    await seen(() => writeFileSync(path, "a"));
    await seen(() => rmSync(dirname(path), { recursive: true }));
    await seen(() => mkdirSync(dirname(path)));
    await seen(() => writeFileSync(path, "b"));
  });

  it("notices what happens behind a link, to a link, and to a linked directory", async () => {
    const home = tempDirectory();
    mkdirSync(join(home, "dotfiles"));
    mkdirSync(join(home, "other"));
    writeFileSync(join(home, "dotfiles", "a.toml"), "a");
    symlinkSync("dotfiles", join(home, "config"));
    symlinkSync("a.toml", join(home, "dotfiles", "config.toml"));
    const path = join(home, "config", "config.toml");
    const { seen } = watching(path);
    await seen(() => writeFileSync(join(home, "dotfiles", "a.toml"), "b"));
    await seen(() => {
      symlinkSync("b.toml", join(home, "dotfiles", "next"));
      renameSync(join(home, "dotfiles", "next"), join(home, "dotfiles", "config.toml"));
    });
    await seen(() => writeFileSync(join(home, "dotfiles", "b.toml"), "c"));
    await seen(() => {
      symlinkSync("other", join(home, "next"));
      renameSync(join(home, "next"), join(home, "config"));
    });
    await seen(() => writeFileSync(join(home, "other", "config.toml"), "d"));
  });

  it("tells many events of one save once", async () => {
    const path = join(tempDirectory(), "config.toml");
    let changes = 0;
    const pending: (() => void)[] = [];
    const clock = {
      setTimeout: (callback: () => void) => {
        const entry = () => callback();
        pending.push(entry);
        return () => void pending.splice(pending.indexOf(entry), pending.includes(entry) ? 1 : 0);
      },
    };
    const watch = new ConfigWatch(path, clock as never, () => changes++);
    onTestFinished(() => watch.close());
    for (let count = 0; count < 20; count++) writeFileSync(path, String(count));
    await expect.poll(() => pending.length).toBe(1);
    pending.splice(0)[0]?.();
    expect(changes).toBe(1);
  });

  it("ends at a link that points to itself", () => {
    const path = join(tempDirectory(), "config.toml");
    symlinkSync("config.toml", path);
    expect([...placesOf(path).keys()]).toEqual([dirname(path)]);
  });
});
