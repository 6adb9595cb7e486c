// What is read of a log while the daemon puts it aside and begins another one.
import builtin, { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { LogReader } from "../../../client/log-view.js";
import { tempDirectory } from "../../support/temp-directory.js";

it("loses no line that was written just before the log was put aside", () => {
  const path = join(tempDirectory(), "daemon.log");
  writeFileSync(path, "one\n");
  const reader = new LogReader(path);
  expect([...reader.read()]).toEqual(["one"]);
  // Between the last read of the file and the look whether it is still the log.
  const fs = builtin as { statSync: typeof builtin.statSync };
  const { statSync } = fs;
  const restore = () => {
    fs.statSync = statSync;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  fs.statSync = ((...args: Parameters<typeof statSync>) => {
    restore();
    appendFileSync(path, "two\n");
    renameSync(path, `${path}.1`);
    writeFileSync(path, "three\n");
    return statSync(...args);
  }) as typeof statSync;
  syncBuiltinESMExports();
  expect([...reader.read()]).toEqual(["two", "three"]);
  reader.close();
});
