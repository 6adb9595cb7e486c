// The config file as the daemon's program reads it: asked in a process of its own, because the client cannot read TOML.
import { execFile } from "node:child_process";
import type { ConfigProblem } from "../shared/daemon-care.js";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import { daemonEnvironment } from "./daemon/daemon-environment.js";
import { programPath } from "./daemon/daemon-launch.js";

export interface ConfigFile {
  readonly v: 1;
  readonly path: string;
  readonly exists: boolean;
  readonly problems: readonly ConfigProblem[];
  /** What will not work; the file counts all the same. */
  readonly warnings: readonly ConfigProblem[];
  /** Key → value, spelled as in the file, with the defaults. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** It takes a fraction of a second. */
const LIMIT_MS = 10_000;

/** @param file absolute; absent: the daemon's. @throws AgentdError `bad_config` when its path cannot be told. */
export function readConfigFile(
  env: Readonly<Record<string, string | undefined>>,
  file?: string,
): Promise<ConfigFile> {
  const args = [programPath("daemon.cjs"), "check-config", ...(file === undefined ? [] : [file])];
  return new Promise((resolve, reject) => {
    const options = { env: daemonEnvironment(env), timeout: LIMIT_MS };
    execFile(process.execPath, args, options, (_, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as ConfigFile);
      } catch (cause) {
        const words = printable(stderr.trim().split("\n")[0] ?? "", 300).replace(/^agentd: /, "");
        reject(new AgentdError("bad_config", words || "the config file could not be checked", { cause }));
      }
    });
  });
}
