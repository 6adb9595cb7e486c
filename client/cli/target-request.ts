// The flags that say where a new shell runs, shared by `new` and `attach -c`.
import { AgentdError } from "../../shared/errors.js";

import type { TargetRequest } from "../../shared/rpc.js";
import { quoteWords } from "../../shared/shell-quote.js";
import { CLOUD_FLAGS, chosenRuntime, cloudTarget } from "./cloud-target.js";
import type { Flags } from "./command.js";
import type { CommandLine } from "./command-line.js";
import { durationFrom } from "./duration-flag.js";

/** As the daemon checks it. */
const MIN_IDLE_MS = 60_000;
const MAX_IDLE_MS = 168 * 3_600_000;

export const TARGET_FLAGS: Flags = {
  local: { type: "boolean", help: "run on this machine" },
  ...CLOUD_FLAGS,
  "idle-stop": {
    type: "string",
    value: "TIME",
    help: "let go of the connection when nobody used the shell for so long: 4h, or never",
  },
};

const CLOUD_ONLY = [...Object.keys(CLOUD_FLAGS).filter((flag) => flag !== "runtime"), "idle-stop"];

export interface LocalPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Of this process; the shell gets the same. */
  readonly umask: number;
  readonly shellName: string;
}

interface Place extends LocalPlace {
  /** From the daemon's config: `local`, or the name of a target. */
  readonly defaultTarget: string | undefined;
}

/** What the flags ask for. @throws AgentdError `usage` for flags that contradict each other. */
export function targetRequest(line: CommandLine, place: Place): TargetRequest {
  const runtime = line.value("runtime");
  if (line.has("local") && runtime !== undefined)
    throw new AgentdError("usage", "give --local or --runtime, not both");
  const cloudFlag = CLOUD_ONLY.find((flag) => line.has(flag));
  const runtimeArn = line.has("local") ? undefined : chosenRuntime(line, place.defaultTarget);

  if (runtimeArn === undefined) {
    if (cloudFlag !== undefined) throw new AgentdError("usage", `--${cloudFlag} needs --runtime ARN`);
    const command = line.rest;
    if (command?.length === 0) throw new AgentdError("usage", "no command after --");
    return localTarget(place, command);
  }
  const target = cloudTarget(line, place, runtimeArn);
  const idleStopMs = line.has("idle-stop") ? { idleStopMs: idleTime(line) } : {};
  if (line.rest === undefined) return { ...target, ...idleStopMs };
  if (line.rest.length === 0) throw new AgentdError("usage", "no command after --");
  if (target.shellId !== undefined)
    throw new AgentdError(
      "usage",
      "a command after -- is for a new shell · leave out --shell-id, or use agentd send",
    );
  return { ...target, ...idleStopMs, startCommand: quoteWords(line.rest) };
}

/** @param command absent: the login shell */
export function localTarget(place: LocalPlace, command: readonly string[] | undefined): TargetRequest {
  const { cwd, env, shellName, umask } = place;
  return {
    kind: "local",
    cwd,
    umask,
    env: { ...definedOf(env), AGENTD_SHELL: shellName },
    ...(command === undefined ? {} : { command }),
  };
}

/** Milliseconds; 0: never. */
function idleTime(line: CommandLine): number {
  const ms = line.value("idle-stop") === "never" ? 0 : (durationFrom(line, "idle-stop") ?? 0);
  if (ms === 0 || (ms >= MIN_IDLE_MS && ms <= MAX_IDLE_MS)) return Math.round(ms);
  throw new AgentdError("usage", "--idle-stop is from 1m to 168h, or never");
}

function definedOf(env: Place["env"]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) result[name] = value;
  return result;
}
