// What whoever started an attach is told of its end: the list of shells shows a failure as one by its status.
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { REPORT_VARIABLE } from "../../../../client/attach/end-report.js";
import { commandLineOf } from "../../../../client/cli/command-line.js";
import { attach } from "../../../../client/commands/attach.js";
import { FakeContext } from "../../../support/fake-context.js";
import { tempDirectory } from "../../../support/temp-directory.js";

const streams = [process.stdin, process.stdout];
const before = streams.map((stream) => Object.getOwnPropertyDescriptor(stream, "isTTY"));

beforeEach(() => {
  for (const stream of streams) Object.defineProperty(stream, "isTTY", { value: true, configurable: true });
});

afterEach(() => {
  for (const [index, stream] of streams.entries()) {
    const was = before[index];
    if (was === undefined) delete (stream as { isTTY?: boolean }).isTTY;
    else Object.defineProperty(stream, "isTTY", was);
  }
});

it("reports the status that it ends with, and says it there only", async () => {
  const file = join(tempDirectory(), "report");
  const descriptor = openSync(file, "w");
  const context = new FakeContext({ [REPORT_VARIABLE]: String(descriptor) });
  // Nobody is there to be asked.
  expect(await attach.run(commandLineOf(attach, ["work"]), context)).toBe(255);
  closeSync(descriptor);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ status: 255 });
  expect(context.complaints).toEqual([]);
});
