// What a command is: one record with its names, its usage, its flags, and what it does.
import type { CommandLine } from "./command-line.js";
import type { Context } from "./context.js";

/** A flag as `node:util` parseArgs needs it, and as the help shows it. */
export interface Flag {
  readonly type: "boolean" | "string";
  /** One letter. */
  readonly short?: string;
  /** The word for the value in the help, such as `ARN`. */
  readonly value?: string;
  /** One line for the help. Absent: accepted for people who come from other tools, and not shown. */
  readonly help?: string;
}

export type Flags = Readonly<Record<string, Flag>>;

export interface Command {
  readonly name: string;
  /** Other spellings that are accepted: ours first, then those of tmux and screen. */
  readonly aliases?: readonly string[];
  /** What follows the name, such as `NAME [-d] [-- command args]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly flags?: Flags;
  /** What follows `--` is a command of its own; for other commands it is words like any, which may begin with a dash. */
  readonly takesCommand?: true;
  /** Answers with the exit status; throws AgentdError for everything that went wrong. */
  run(line: CommandLine, context: Context): Promise<number>;
}
