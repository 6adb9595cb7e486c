// How long a command takes to answer, beside a bare start of node: what a person waits for.
import { spawnSync } from "node:child_process";
import { bench, describe } from "vitest";
import { program, Sandbox } from "../support/sandbox.js";

const sandbox = new Sandbox();
for (let i = 0; i < 20; i++) sandbox.run(["new", "-d", "--local", `shell-${i}`, "--", "sleep", "1000"]);

const options = { time: 0, iterations: 20, warmupIterations: 3, warmupTime: 0 };
const run = (...args: string[]) => void spawnSync(process.execPath, args, { env: sandbox.env });

describe("start-up", () => {
  bench("node -e 0", () => run("-e", "0"), options);
  bench("agentd version", () => run(program("agentd"), "version"), options);
  bench("agentd ls, 20 shells", () => run(program("agentd"), "ls", "-q"), {
    ...options,
    teardown: (_task, mode) => {
      if (mode === "run") sandbox.dispose();
    },
  });
});
