// What a command may touch of the world, for tests: it remembers what is said, and reaches only the daemon that it is given.
import type { Context } from "../../client/cli/context.js";

export class FakeContext implements Context {
  readonly env: Context["env"];
  readonly cwd = "/";
  readonly stdout = { isTTY: false, write: () => true };
  readonly stderr = { isTTY: false, write: () => true };
  readonly color = false;
  readonly quiet = false;
  readonly printed: string[] = [];
  readonly said: string[] = [];
  readonly complaints: string[] = [];
  readonly connect: Context["connect"];

  /** @param connect by default a test fails that reaches for a daemon */
  constructor(env: Context["env"] = {}, connect: Context["connect"] = unexpected) {
    this.env = env;
    this.connect = connect;
  }

  readonly print = (text: string) => void this.printed.push(text);
  readonly say = (text: string) => void this.said.push(text);
  readonly complain = (text: string) => void this.complaints.push(text);

  ask(): never {
    throw new Error("asked for a daemon");
  }
}

async function unexpected(): Promise<never> {
  throw new Error("asked for a daemon");
}
