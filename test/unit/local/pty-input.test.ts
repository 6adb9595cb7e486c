// Typed bytes that wait when their terminal goes away.
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { PtyInput } from "../../../daemon/local/pty-input.js";
import { tempDirectory } from "../../support/temp-directory.js";

it("tells whoever waits for room that nothing waits any more", () => {
  const path = join(tempDirectory(), "pipe");
  execFileSync("mkfifo", [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(pipe));
  const told: number[] = [];
  const input = new PtyInput(pipe, (pendingBytes) => told.push(pendingBytes));
  input.write(Buffer.alloc(1024 * 1024));
  expect(input.pendingBytes).toBeGreaterThan(0);
  input.close();
  input.close();
  expect(told).toEqual([0]);
});
