// Every command of agentd in one table, and what is said to words that are not in it.
import { AgentdError } from "../../shared/errors.js";
import { isShellName, printable, suggestName } from "../../shared/names.js";
import { adopt } from "../commands/adopt.js";
import { attach } from "../commands/attach.js";
import { capture } from "../commands/capture.js";
import { completion } from "../commands/completion.js";
import { config } from "../commands/config.js";
import { daemon } from "../commands/daemon.js";
import { detach } from "../commands/detach.js";
import { doctor } from "../commands/doctor.js";
import { events } from "../commands/events.js";
import { exec } from "../commands/exec.js";
import { grep } from "../commands/grep.js";
import { kill } from "../commands/kill.js";
import { label } from "../commands/label.js";
import { logs } from "../commands/logs.js";
import { ls } from "../commands/ls.js";
import { newShell } from "../commands/new.js";
import { rename } from "../commands/rename.js";
import { resize } from "../commands/resize.js";
import { rpc } from "../commands/rpc.js";
import { run } from "../commands/run.js";
import { runtime } from "../commands/runtime.js";
import { send } from "../commands/send.js";
import { stopVm } from "../commands/stop-vm.js";
import { tail } from "../commands/tail.js";
import { tui } from "../commands/tui.js";
import { version } from "../commands/version.js";
import { wait } from "../commands/wait.js";
import { web } from "../commands/web.js";
import type { Command } from "./command.js";

/** In the order of the help. The records are small: what a command needs to run, it loads when it runs. */
export const commandTable: readonly Command[] = [
  newShell,
  attach,
  detach,
  ls,
  send,
  run,
  capture,
  tail,
  grep,
  wait,
  events,
  rename,
  label,
  resize,
  kill,
  exec,
  adopt,
  stopVm,
  web,
  daemon,
  doctor,
  logs,
  config,
  completion,
  tui,
  runtime,
  rpc,
  version,
];

/** Spellings that stand for a command with arguments. */
const shorthands: Readonly<Record<string, readonly string[]>> = {
  "kill-server": ["daemon", "stop"],
  "--version": ["version"],
  "-V": ["version"],
};

/** What people of other tools type, and what agentd calls it. Accepted spellings are aliases in the table instead. */
const elsewhere: Readonly<Record<string, string>> = {
  "attach-session": "agentd attach NAME",
  at: "agentd attach NAME",
  "-r": "agentd attach NAME",
  "-R": "agentd attach -c NAME",
  "-S": "agentd new NAME",
  "-d": "agentd attach --detach-others NAME",
  "-x": "agentd attach NAME",
  "-X": "agentd send NAME KEYS",
  "has-session": "agentd ls -q",
  has: "agentd ls -q",
  "list-clients": "agentd ls -v",
  "list-panes": "agentd ls",
  "list-windows": "agentd ls",
  "new-window": "agentd new NAME",
  neww: "agentd new NAME",
  "start-server": "agentd daemon start",
  start: "agentd daemon start",
  stop: "agentd daemon stop",
  restart: "agentd daemon restart",
  status: "agentd daemon status",
  reload: "agentd daemon reload",
  completions: "agentd completion bash|zsh|fish",
  log: "agentd logs",
  check: "agentd doctor",
  rm: "agentd kill NAME",
  delete: "agentd kill NAME",
  create: "agentd new NAME",
  open: "agentd new NAME",
  join: "agentd attach NAME",
  connect: "agentd attach NAME",
  "paste-buffer": "agentd send NAME --paste FILE",
  history: "agentd capture NAME -S -",
};

/**
 * The command that `argv` (without node and script) asks for, and its arguments. No words at all: the TUI on a terminal, else `ls`.
 * @throws AgentdError `usage` for an unknown one, with the spelling that was probably meant.
 */
export function findCommand(
  argv: readonly string[],
  onTerminal = false,
): { command: Command; args: readonly string[] } {
  // The newer official command line prints `agentcore runtime shell …` to come back.
  if (argv[0] === "runtime" && argv[1] === "shell") return findCommand(["exec", "--it", ...argv.slice(2)]);
  const expanded = Object.hasOwn(shorthands, argv[0] ?? "")
    ? (shorthands[argv[0] ?? ""] ?? [])
    : argv.slice(0, 1);
  const [word = onTerminal ? "tui" : "ls", ...before] = expanded;
  const command = commandTable.find(({ name, aliases }) => name === word || aliases?.includes(word));
  if (command === undefined) throw unknownCommand(word);
  return { command, args: [...before, ...argv.slice(1)] };
}

function unknownCommand(word: string): AgentdError {
  const spelling = suggestSpelling(word);
  const kind = word.startsWith("-") ? "flag" : "command";
  return new AgentdError("usage", `unknown ${kind} '${printable(word)}' · ${spelling}`);
}

function suggestSpelling(word: string): string {
  if (Object.hasOwn(elsewhere, word)) return `write: ${elsewhere[word]}`;
  const names = commandTable
    .flatMap(({ name, aliases }) => [name, ...(aliases ?? [])])
    .filter(({ length }) => length > 1);
  const near =
    (word.length > 1 ? names.find((name) => name.startsWith(word)) : undefined) ?? suggestName(word, names);
  if (near !== undefined) return `did you mean 'agentd ${near}'?`;
  // A bare name joins nothing: a typo must not make a shell. But it says how.
  return isShellName(word) ? `agentd attach ${word}, or agentd --help` : "see agentd --help";
}
