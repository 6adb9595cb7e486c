// Runs one command in many shells at once: a line for each shell, or all of it as JSON, and the worst status.
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { ShellInfo } from "../../shared/rpc.js";
import type { RunOutput, RunResult } from "../../shared/run.js";
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { startPaced } from "../daemon/paced-calls.js";
import { fitTable, measureFor } from "../text/fit-table.js";
import { errorLine, formatDuration, jsonText } from "../text/format.js";
import { CollectedOutput } from "./collected-output.js";
import {
  checkCommand,
  INTERRUPTED,
  interruptible,
  NO_LIMIT_MS,
  type RunRequest,
  runParams,
} from "./run-in-shell.js";

export interface EverywhereRequest extends Omit<RunRequest, "name"> {
  /** Labels that a shell must have. */
  readonly labels: readonly (readonly [key: string, value: string])[];
}

/** What a table shows of the output comes from its beginning. */
const TABLE_BYTES = 16 * 1024;
const MAX_LINE = 500;
/** The line of output is cut when there is no room. */
const CUT = [{ column: 3, least: 10 }];

type Row =
  | { readonly name: string; readonly result: RunResult; readonly output: CollectedOutput }
  | { readonly name: string; readonly error: AgentdError };

/** One that fails does not spare the others. @returns the highest status of all. */
export async function runEverywhere(context: Context, request: EverywhereRequest): Promise<number> {
  checkCommand(request.command);
  const connection = await context.connect();
  const { shells } = await connection.call("shell.list", {});
  const names = shells.filter((shell) => isWanted(shell, request)).map(({ name }) => name);
  if (names.length === 0) {
    connection.close();
    throw new AgentdError(
      "shell_not_found",
      request.labels.length > 0 ? "no shell has that label" : "no shells · agentd new NAME",
    );
  }
  const running = new Set<string>();
  const left = interruptible(connection, running);
  const rows = await Promise.race([askAll(connection, names, request, running), left]);
  connection.close();
  if (rows === undefined) return INTERRUPTED;
  const worst = Math.max(...rows.map(statusOf));
  if (request.json) context.print(jsonText({ v: 1, exitCode: worst, shells: rows.map(jsonOf) }));
  else context.print(await tableOf(rows));
  return worst;
}

/** What has ended runs nothing any more. */
function isWanted({ labels, state }: ShellInfo, request: EverywhereRequest): boolean {
  if (state === "ended" || state === "gone") return false;
  return request.labels.every(([key, value]) => labels[key] === value);
}

/** @param running those in which the command runs; kept so */
async function askAll(
  connection: DaemonConnection,
  names: readonly string[],
  request: EverywhereRequest,
  running: Set<string>,
): Promise<readonly Row[]> {
  const maxBytes = request.json ? request.maxOutputBytes : TABLE_BYTES;
  const outputs = new Map(names.map((name) => [name, new CollectedOutput(maxBytes)]));
  const collect = (method: string, params: unknown) => {
    if (method !== "run.output") return;
    const { data, name } = params as RunOutput;
    running.add(name);
    outputs.get(name)?.write(Buffer.from(data, "base64"));
  };
  connection.follow(collect, () => {});
  const calls = names.map((name) => ({
    name,
    call: () =>
      connection
        .call("shell.run", runParams({ ...request, name }), NO_LIMIT_MS)
        .finally(() => running.delete(name)),
  }));
  return Promise.all(
    startPaced(calls).map(async ({ answer, name }): Promise<Row> => {
      try {
        return { name, result: await answer, output: outputs.get(name) ?? new CollectedOutput(0) };
      } catch (error) {
        return { name, error: AgentdError.from(error) };
      }
    }),
  );
}

/** As `run` for one shell exits. */
function statusOf(row: Row): number {
  if ("error" in row) return isUnknown(row.error) ? ExitStatus.CutOff : row.error.exitStatus;
  if (row.result.timedOut) return ExitStatus.Timeout;
  return row.result.exitCode ?? ExitStatus.CutOff;
}

/** The daemon went away, and how the command ended with it. */
function isUnknown({ details }: AgentdError): boolean {
  return details?.["closed"] === true;
}

function jsonOf(row: Row): object {
  if ("error" in row)
    return { name: row.name, error: { code: row.error.code, message: errorLine(row.error) } };
  return { name: row.name, ...row.result, ...row.output.json() };
}

async function tableOf(rows: readonly Row[]): Promise<string> {
  const cells = rows.map((row) => [row.name, String(statusOf(row)), timeOf(row), textOf(row)]);
  const table = [["NAME", "STATUS", "TIME", "OUTPUT"], ...cells];
  const width = process.stdout.isTTY === true ? process.stdout.columns : 0;
  return fitTable(table, {
    measure: await measureFor(table),
    width: width > 0 ? width : undefined,
    cut: CUT,
  });
}

function timeOf(row: Row): string {
  if ("error" in row || !row.result.started) return "-";
  const { durationMs } = row.result;
  return durationMs < 1000 ? `${durationMs}ms` : formatDuration(durationMs);
}

/** Its first line that is not blank, or in parentheses why there is no status of its own. */
function textOf(row: Row): string {
  if ("error" in row) {
    const text = isUnknown(row.error)
      ? "agentd went away: how the command ended is not known"
      : errorLine(row.error);
    return `(${text})`;
  }
  const { exitCode, started, timedOut } = row.result;
  const why = !started
    ? "(not started: it is busy) "
    : timedOut
      ? `(${exitCode === undefined ? "still running" : "ended by Ctrl-C"}) `
      : exitCode === undefined
        ? "(how it ended is not known) "
        : "";
  const lines = row.output.json().output.split("\n");
  const line = lines.find((text) => text.trim() !== "") ?? "";
  return `${why}${printable(line.replaceAll("\t", " ").trim(), MAX_LINE)}`.trim();
}
