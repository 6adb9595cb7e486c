// The flags that say which AgentCore runtime, session and shell are meant, and with which credentials.
import { resolve } from "node:path";
import type { CloudTarget } from "../../shared/cloud-rpc.js";
import { AgentdError } from "../../shared/errors.js";
import { isRuntimeSessionId, isShellId, printable } from "../../shared/names.js";
import type { Flags } from "./command.js";
import type { CommandLine } from "./command-line.js";
import type { Context } from "./context.js";
import { TOKEN_VARIABLE, warnOfSecret } from "./visible-secret.js";

export const CLOUD_FLAGS: Flags = {
  runtime: {
    type: "string",
    value: "ARN|ALIAS",
    help: "the AgentCore runtime (an alias from the config file)",
  },
  region: { type: "string", value: "REGION", help: "default: the region of the ARN" },
  profile: {
    type: "string",
    value: "PROFILE",
    help: "AWS profile for the credentials (default: AWS_PROFILE)",
  },
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

/** For commands that take what the official command line takes. */
export const TOKEN_FLAG: Flags = {
  "bearer-token": {
    type: "string",
    value: "TOKEN",
    help: `OAuth token by value; others can see it here: prefer a file or ${TOKEN_VARIABLE}`,
  },
};

type Place = Pick<Context, "env" | "cwd">;

/** What the environment says of credentials. */
export function credentialsFrom(env: Place["env"]): Pick<CloudTarget, "bearerToken" | "defaultProfile"> {
  const bearerToken = env[TOKEN_VARIABLE];
  // A name, never a secret: the daemon finds the credentials itself.
  const defaultProfile = env["AWS_PROFILE"];
  return { ...(bearerToken ? { bearerToken } : {}), ...(defaultProfile ? { defaultProfile } : {}) };
}

/** The target that the flags and the environment ask for. */
export function cloudTarget(line: CommandLine, place: Place, runtimeArn: string): CloudTarget {
  const { bearerToken, defaultProfile } = credentialsFrom(place.env);
  checkIds(line);
  const given = {
    region: line.value("region"),
    profile: line.value("profile"),
    qualifier: line.value("qualifier"),
    endpointUrl: line.value("endpoint-url"),
    runtimeSessionId: line.value("session-id"),
    shellId: line.value("shell-id"),
    defaultProfile,
    ...tokenGiven(line, place.cwd, bearerToken),
  };
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  return { kind: "agentcore", runtimeArn, ...Object.fromEntries(defined) };
}

/** As the daemon checks them, in words that the command line knows. */
function checkIds(line: CommandLine): void {
  const bad = (flag: string, id: string, rule: string) =>
    new AgentdError("usage", `bad --${flag} '${printable(id, 60)}' · it has ${rule}`);
  const session = line.value("session-id");
  if (session !== undefined && !isRuntimeSessionId(session))
    throw bad("session-id", session, "33 to 256 of A-Z a-z 0-9 . _ -");
  const shell = line.value("shell-id");
  if (shell !== undefined && !isShellId(shell))
    throw bad("shell-id", shell, "1 to 128 of A-Z a-z 0-9 _ -, the first a letter or a digit");
}

/** A token by value, from the flag or the environment; a file's path otherwise. */
function tokenGiven(
  line: CommandLine,
  cwd: string,
  known: string | undefined,
): Pick<CloudTarget, "bearerToken" | "bearerTokenFile"> {
  const file = line.value("bearer-token-file");
  const value = line.value("bearer-token");
  if (file !== undefined && value !== undefined)
    throw new AgentdError("usage", "give --bearer-token-file or --bearer-token, not both");
  if (file !== undefined) return { bearerTokenFile: resolve(cwd, file) };
  const token = value ?? (line.has("profile") ? undefined : known);
  return token === undefined ? {} : { bearerToken: token };
}

/** One line to whoever wrote a token on the command line. */
export function warnOfToken(line: CommandLine, context: Context): void {
  if (!line.has("bearer-token") || line.has("bearer-token-file")) return;
  warnOfSecret("--bearer-token", `--bearer-token-file FILE, or ${TOKEN_VARIABLE}`, context);
}

/** The runtime that is meant, or undefined: none was given and shells are local by default. */
export function chosenRuntime(line: CommandLine, defaultTarget: string | undefined): string | undefined {
  return line.value("runtime") ?? line.value("id") ?? (defaultTarget === "local" ? undefined : defaultTarget);
}
