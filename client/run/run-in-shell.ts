// Asks the daemon to run a command, shows or collects its output, and turns what became of it into an exit status.
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import type { RunOutput, RunParams, RunResult } from "../../shared/run.js";
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { withSuggestion } from "../shell-names.js";
import { errorJson, errorLine, formatBytes, formatDuration, jsonText } from "../text/format.js";
import { CollectedOutput } from "./collected-output.js";

export interface RunRequest {
  readonly name: string;
  readonly command: string;
  readonly timeoutMs: number | undefined;
  readonly interrupt: boolean;
  readonly force: boolean;
  readonly json: boolean;
  /** Of the output in JSON. */
  readonly maxOutputBytes: number;
}

/** The daemon's limit for a line of the protocol, less what stands around the command. */
const MAX_COMMAND_BYTES = 200 * 1024;
/** The daemon keeps the time; a command may take as long as it likes. */
export const NO_LIMIT_MS = 2 ** 31 - 1;
/** What timeout(1) and shells say of a program that ended by SIGINT. */
export const INTERRUPTED = 130;

/** @throws AgentdError as `shell.run`. */
export async function runInShell(context: Context, request: RunRequest): Promise<number> {
  const { command, json, maxOutputBytes, name } = request;
  checkCommand(command);
  const collected = json ? new CollectedOutput(maxOutputBytes) : undefined;
  const connection = await context.connect();
  const begun = new Set<string>();
  const show = (method: string, params: unknown) => {
    if (method !== "run.output") return;
    begun.add(name);
    const bytes = Buffer.from((params as RunOutput).data, "base64");
    if (collected === undefined) process.stdout.write(bytes);
    else collected.write(bytes);
  };
  // A connection that ends before the answer makes the call fail.
  connection.follow(show, () => {});
  const asked = withSuggestion(connection, name, () =>
    connection.call(
      "shell.run",
      {
        ...runParams(request),
        ...(!json && context.stdout.isTTY === true ? { forTerminal: true } : {}),
      },
      NO_LIMIT_MS,
    ),
  );
  try {
    const left = interruptible(connection, begun);
    const result = await Promise.race([asked, left]);
    if (result === undefined) return INTERRUPTED;
    if (collected !== undefined) context.print(jsonText({ v: 1, name, ...result, ...collected.json() }));
    return statusOf(result, request, context);
  } catch (error) {
    return lost(error, json, context);
  } finally {
    connection.close();
  }
}

/** What the daemon is asked for. */
export function runParams({
  command,
  force,
  interrupt,
  name,
  timeoutMs,
}: Omit<RunRequest, "json" | "maxOutputBytes">): RunParams {
  return {
    name,
    command,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(interrupt ? { interrupt } : {}),
    ...(force ? { force } : {}),
  };
}

/** @throws AgentdError `usage`. */
export function checkCommand(command: string): void {
  if (command.includes("\0")) throw new AgentdError("usage", "a command cannot hold NUL");
  // As JSON it may be longer than it is.
  const size = Buffer.byteLength(JSON.stringify(command));
  if (size <= MAX_COMMAND_BYTES) return;
  const text = `a command may have ${formatBytes(MAX_COMMAND_BYTES)}, not ${formatBytes(size)} · put it in a file`;
  throw new AgentdError("usage", text);
}

/**
 * The first Ctrl-C goes to the command; the second leaves it alone, and resolves. So does the first when nothing has begun: what is
 * in front then is somebody else's.
 * @param running the shells in which the command runs now
 */
export function interruptible(
  connection: DaemonConnection,
  running: ReadonlySet<string>,
): Promise<undefined> {
  return new Promise((resolve) => {
    let pressed = 0;
    process.on("SIGINT", () => {
      if (++pressed > 1 || running.size === 0) return resolve(undefined);
      const data = Buffer.from("\x03").toString("base64");
      for (const name of running) connection.call("shell.send", { name, data }).catch(() => {});
    });
  });
}

function statusOf(
  result: RunResult,
  { interrupt, json, name, timeoutMs = 0 }: RunRequest,
  context: Context,
): number {
  const {
    droppedBytes = 0,
    exitCode,
    innerShellEnded,
    outputMayBeMissing,
    shellEnded,
    started,
    timedOut,
  } = result;
  const tell = (text: string) => {
    if (!json) context.complain(text);
  };
  if (droppedBytes > 0)
    tell(`${formatBytes(droppedBytes)} of output are missing: they were not read in time`);
  if (outputMayBeMissing) tell("the link broke meanwhile: output may be missing");
  if (timedOut) {
    const limit = timeoutMs < 1000 ? `${timeoutMs}ms` : formatDuration(timeoutMs);
    const state =
      exitCode !== undefined ? "ended by Ctrl-C" : interrupt ? "does not end by Ctrl-C" : "still running";
    tell(
      started
        ? `${state} after ${limit} · agentd attach ${name}`
        : `not started within ${limit}: '${name}' is busy`,
    );
    return ExitStatus.Timeout;
  }
  if (shellEnded) context.say(exitCode === undefined ? `${name} is gone` : `${name} exited · ${exitCode}`);
  if (exitCode !== undefined) return exitCode;
  if (innerShellEnded) tell(`the shell inside of '${name}' ended before it said how the command did`);
  else tell(`how the command ended is not known`);
  return ExitStatus.CutOff;
}

/** A daemon that goes away takes the knowledge of the end with it: never 0, and never what a refusal would be. */
function lost(thrown: unknown, json: boolean, context: Context): number {
  const error = AgentdError.from(thrown);
  if (error.details?.["closed"] !== true) throw error;
  const unknown = new AgentdError(
    "daemon_unavailable",
    "agentd went away: how the command ended is not known",
    {
      cause: error,
    },
  );
  if (json) context.print(errorJson(unknown));
  else context.complain(errorLine(unknown));
  return ExitStatus.CutOff;
}
