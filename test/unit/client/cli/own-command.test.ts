// The command in the line that says the shortest way back.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ownCommand } from "../../../../client/cli/own-command.js";
import { tempDirectory } from "../../../support/temp-directory.js";

it("is agentd where the PATH has it, else the way to the file, shortest from here", () => {
  const home = tempDirectory();
  const bin = join(home, "bin");
  const dist = join(home, "my project", "dist");
  for (const directory of [bin, dist]) mkdirSync(directory, { recursive: true });
  const script = join(dist, "agentd.cjs");
  writeFileSync(script, "#!/usr/bin/env node\n", { mode: 0o644 });
  writeFileSync(join(bin, "agentd"), "", { mode: 0o644 });
  const env = { PATH: `/nowhere:${bin}` };
  expect(ownCommand(env, join(home, "my project"), script)).toBe("node dist/agentd.cjs");
  chmodSync(script, 0o755);
  expect(ownCommand(env, join(home, "my project"), script)).toBe("dist/agentd.cjs");
  expect(ownCommand({}, bin, script)).toBe(`'${script}'`);
  expect(ownCommand(env, dist, script)).toBe("node agentd.cjs");
  chmodSync(join(bin, "agentd"), 0o755);
  expect(ownCommand(env, home, script)).toBe("agentd");
});
