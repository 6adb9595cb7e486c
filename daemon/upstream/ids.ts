// Fresh ids for a new shell. The caller stores them durably before the first connect: a lost id is a leaked shell.
import { randomUUID } from "node:crypto";
import type { UpstreamIds } from "./target.js";

/** Two uuids: 36 characters satisfy the session id's minimum of 33, and start with a letter or digit as a shell id must. */
export function freshIds(): UpstreamIds {
  return { runtimeSessionId: randomUUID(), shellId: randomUUID() };
}
