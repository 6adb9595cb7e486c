// The entry: finds the command, runs it, turns its answer or its error into an exit status.
import { AgentdError } from "../shared/errors.js";
import type { Command } from "./cli/command.js";
import { type CommandLine, commandLineOf } from "./cli/command-line.js";
import { findCommand } from "./cli/command-table.js";
import type { ConnectOptions, Context } from "./cli/context.js";
import { workingDirectory } from "./cli/working-directory.js";
import { dimLine, errorJson, errorLine } from "./text/format.js";

/** How long a command waits for a daemon that has to be started. */
const REACH_LIMIT_MS = 10_000;

async function main(argv: readonly string[]): Promise<number> {
  try {
    // Global flags may stand before the command too: `agentd -q kill x`.
    const lead = argv.findIndex((word) => word !== "-q" && word !== "--quiet" && word !== "--no-color");
    const [before, after] = lead === -1 ? [argv, []] : [argv.slice(0, lead), argv.slice(lead)];
    if (after[0] === "--help" || after[0] === "-h" || after[0] === "help") return await help(after.slice(1));
    // Asked by the completion scripts at every Tab.
    if (after[0] === "__complete")
      return await (await import("./completion/answer.js")).answer(after.slice(1), process.env);
    const { command, args } = findCommand(after, before.length === 0 && isTerminal());
    return await runCommand(command, [...before, ...args]);
  } catch (error) {
    return fail(error, argv.includes("--json"));
  }
}

/** Where people look, and can answer. */
function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env["TERM"] !== "dumb";
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  // `--help` wins over mistakes beside it; after `--` it belongs to the shell's command.
  const end = args.indexOf("--");
  const own = end === -1 ? args : args.slice(0, end);
  if (own.includes("--help") || own.includes("-h")) return help([command.name]);
  let line: CommandLine;
  try {
    line = commandLineOf(command, args);
  } catch (error) {
    return fail(error, own.includes("--json"));
  }
  try {
    return await command.run(line, makeContext(line));
  } catch (error) {
    return fail(error, line.has("json"));
  }
}

async function help(words: readonly string[]): Promise<number> {
  const { commandHelp, overviewHelp } = await import("./cli/help.js");
  const { commandTable } = await import("./cli/command-table.js");
  const { columns } = process.stdout;
  const text =
    words[0] === undefined
      ? overviewHelp(commandTable, columns)
      : commandHelp(findCommand(words).command, columns);
  process.stdout.write(`${text}\n`);
  return 0;
}

function makeContext(line: CommandLine): Context {
  const quiet = line.has("quiet");
  const color = !line.has("no-color") && !process.env["NO_COLOR"];
  const { stdout, env } = process;
  return {
    env,
    cwd: workingDirectory(),
    stdout,
    // Making a stream costs a start some time: only who has something to say there pays for it.
    get stderr() {
      return process.stderr;
    },
    color,
    quiet,
    print: (text) => void stdout.write(`${text}\n`),
    say: (text) => {
      if (!quiet && process.stderr.isTTY) process.stderr.write(`${dimLine(text, color)}\n`);
    },
    complain: (text) => void process.stderr.write(`${text}\n`),
    connect: async (options: ConnectOptions = {}) => {
      const { reachDaemon } = await import("./daemon/daemon-access.js");
      return reachDaemon(env, { ...options, limitMs: REACH_LIMIT_MS });
    },
    ask: async (first) => {
      const { askDaemon } = await import("./daemon/daemon-access.js");
      return askDaemon(env, { limitMs: REACH_LIMIT_MS }, first);
    },
  };
}

/** Says what went wrong, as one line or as JSON, and answers with the exit status. */
function fail(thrown: unknown, json: boolean): number {
  const error = AgentdError.from(thrown);
  if (json) process.stdout.write(`${errorJson(error)}\n`);
  else process.stderr.write(`${errorLine(error)}\n`);
  return error.exitStatus;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The terminal is gone: who has taken it listens too, and leaves in its own way, with its own status.
  if (error.code === "EIO" && process.stdout.listenerCount("error") > 1) return;
  // A reader that went away (`agentd ls | head -1`) is no error worth a word.
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  // A terminal has it all, or takes nothing any more. Output to a pipe may be under way: leave when it is out.
  if (process.stdout.isTTY) process.exit(status);
  process.stdout.write("", () => process.exit(status));
});
