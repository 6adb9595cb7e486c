// A private directory for one test, with a path short enough for sockets; removed when the test has ended.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes the directory (0700) and returns its real path. Call it inside a test. */
export function tempDirectory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "agentd-")));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return path;
}
