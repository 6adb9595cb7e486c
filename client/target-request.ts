// The flags that say where a new shell runs, shared by `new` and `attach -c`.
import { resolve } from "node:path";
import { AgentdError } from "../shared/errors.js";
import { printable } from "../shared/names.js";
import type { TargetRequest } from "../shared/rpc.js";
import type { Flags } from "./command.js";
import type { CommandLine } from "./command-line.js";

export const TARGET_FLAGS: Flags = {
  local: { type: "boolean", help: "run on this machine" },
  runtime: {
    type: "string",
    value: "ARN|ALIAS",
    help: "run on this AgentCore runtime (an alias from the config file)",
  },
  region: { type: "string", value: "REGION", help: "default: the region of the ARN" },
  profile: { type: "string", value: "PROFILE", help: "AWS profile for the credentials" },
  qualifier: { type: "string", value: "QUALIFIER", help: "endpoint of the runtime, default DEFAULT" },
  "session-id": { type: "string", value: "ID", help: "use this runtime session" },
  "shell-id": { type: "string", value: "ID", help: "use this shell of the runtime session" },
  "endpoint-url": { type: "string", value: "URL", help: "another service endpoint" },
  "bearer-token-file": {
    type: "string",
    value: "FILE",
    help: "OAuth token instead of SigV4, read before every connect",
  },
};

const CLOUD_ONLY = [
  "region",
  "profile",
  "qualifier",
  "session-id",
  "shell-id",
  "endpoint-url",
  "bearer-token-file",
] as const;

interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Of this process; the shell gets the same. */
  readonly umask: number;
  readonly shellName: string;
  /** From the daemon's config: `local`, or the name of a target. */
  readonly defaultTarget: string | undefined;
}

/** What the flags ask for. @throws AgentdError `usage` for flags that contradict each other. */
export function targetRequest(line: CommandLine, place: Place): TargetRequest {
  const runtime = line.value("runtime");
  if (line.has("local") && runtime !== undefined)
    throw new AgentdError("usage", "give --local or --runtime, not both");
  const cloudFlag = CLOUD_ONLY.find((flag) => line.has(flag));
  const chosen = runtime ?? (line.has("local") ? undefined : place.defaultTarget);
  const runtimeArn = chosen === "local" && runtime === undefined ? undefined : chosen;

  if (runtimeArn === undefined) {
    if (cloudFlag !== undefined) throw new AgentdError("usage", `--${cloudFlag} needs --runtime ARN`);
    const command = line.rest;
    if (command?.length === 0) throw new AgentdError("usage", "no command after --");
    return {
      kind: "local",
      cwd: place.cwd,
      umask: place.umask,
      env: { ...definedOf(place.env), AGENTD_SHELL: place.shellName },
      ...(command === undefined ? {} : { command }),
    };
  }
  if (line.rest !== undefined) {
    throw new AgentdError(
      "usage",
      "a command after -- needs --local: AgentCore starts the runtime's own shell",
    );
  }
  const region = line.value("region");
  const profile = line.value("profile");
  const qualifier = line.value("qualifier");
  const endpointUrl = line.value("endpoint-url");
  const bearerTokenFile = line.value("bearer-token-file");
  const runtimeSessionId = line.value("session-id");
  const shellId = line.value("shell-id");
  return {
    kind: "agentcore",
    runtimeArn,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(bearerTokenFile === undefined ? {} : { bearerTokenFile: resolve(place.cwd, bearerTokenFile) }),
    ...(runtimeSessionId === undefined ? {} : { runtimeSessionId }),
    ...(shellId === undefined ? {} : { shellId }),
  };
}

/** Reads `--label k=v` flags. @throws AgentdError `usage`. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new AgentdError("usage", `bad label '${printable(text)}' · write KEY=VALUE`);
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
  );
}

function definedOf(env: Place["env"]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) result[name] = value;
  return result;
}
