// Whoever stops what runs is told the truth: a daemon that does not answer is not one that does not run.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLineOf } from "../../../../client/cli/command-line.js";
import { findCommand } from "../../../../client/cli/command-table.js";
import { reachDaemon } from "../../../../client/daemon/daemon-access.js";
import { AgentdError } from "../../../../shared/errors.js";
import { FakeContext } from "../../../support/fake-context.js";
import { tempDirectory } from "../../../support/temp-directory.js";

const run = (context: FakeContext, ...words: string[]) => {
  const { command, args } = findCommand(words);
  return command.run(commandLineOf(command, args), context);
};

const silent = new AgentdError("daemon_unavailable", "agentd does not answer (no answer to hello in 10s)");

function world() {
  const home = tempDirectory();
  for (const name of ["run", "state"]) mkdirSync(join(home, name), { mode: 0o700 });
  writeFileSync(join(home, "state", "web.json"), "{}");
  return { HOME: home, AGENTD_RUNTIME_DIR: join(home, "run"), AGENTD_STATE_DIR: join(home, "state") };
}

describe.each([
  ["daemon stop", ["daemon", "stop"], "agentd is not running"],
  ["web --stop", ["web", "--stop"], "the web terminal is off · the shells live on"],
])("%s", (_what, words, answer) => {
  it("fails beside a daemon that does not answer", async () => {
    const context = new FakeContext(world(), () => Promise.reject(silent));
    await expect(run(context, ...words)).rejects.toBe(silent);
    expect(context.said).toEqual([]);
  });

  it("has nothing to do where none runs", async () => {
    const env = world();
    const context = new FakeContext(env, (options) => reachDaemon(env, { ...options, limitMs: 10_000 }));
    expect(await run(context, ...words)).toBe(0);
    expect(context.said).toEqual([answer]);
  });
});
