// The manual page, made from the command table like the help: `npm run man` writes it to docs/agentd.1.
import type { Command, Flag } from "./command.js";
import { COMMON_FLAGS } from "./command-line.js";

/** man(7), ASCII. */
export function manPage(commands: readonly Command[], version: string): string {
  return `${[
    `.TH AGENTD 1 "" "agentd ${version}" "User Commands"`,
    // No word is divided: most of them are to be typed.
    ".nh",
    ".SH NAME",
    "agentd \\- persistent, shared, reconnecting shells, here and on Amazon Bedrock AgentCore Runtime",
    ".SH SYNOPSIS",
    ".B agentd",
    "\\fICOMMAND\\fR [\\fIflags\\fR]",
    ".SH DESCRIPTION",
    "One daemon per user holds persistent shells and serves any number of terminals and scripts over a Unix socket.",
    "Without a command,",
    ".B agentd",
    "shows all shells at a glance; in a pipe it lists them.",
    "A shell lives on when its terminals leave, when the daemon is restarted, and when the link to it breaks.",
    ".SH COMMANDS",
    ...commands.flatMap(commandSection),
    ".SH COMMON OPTIONS",
    ...Object.entries(COMMON_FLAGS).flatMap(([name, flag]) => flagEntry(name, flag)),
    ".SH KEYS WHILE ATTACHED",
    "The prefix is Ctrl\\-], or what the config file says. Behind it:",
    ...[
      ["d", "detach: the shell lives on"],
      ["Ctrl\\-]", "send the prefix itself"],
      [".", "leave at once, even if everything is frozen"],
      ["r", "redraw"],
      ["s", "switch: choose another shell from the list of all"],
      ["t", "take the keyboard: this terminal's size counts"],
      ["?", "help"],
    ].flatMap(([key, does]) => [".TP", `.B ${key}`, does ?? ""]),
    ".SH EXIT STATUS",
    "Of \\fBattach\\fR, \\fBnew\\fR and \\fBexec --it\\fR: 0 when the shell exited 0 or was left, 1 to 253 the shell's own (128+n for a signal), 254 when this",
    "terminal was cut off, 255 when it could not be attached. Of the others, and of a \\fBnew\\fR that makes no shell:",
    ...[
      ["0, 1", "yes, no"],
      ["2", "no such shell, or runtime"],
      ["64", "wrong use"],
      ["69", "the daemon or the target is not available"],
      ["70", "a fault of agentd's own"],
      ["73", "the name is taken"],
      ["75", "try later: quota, full disk"],
      ["77", "permission or credentials"],
      ["78", "unsafe directory, broken config"],
      ["124", "timeout"],
      [
        "130",
        "Ctrl-C, of run and exec, whose status is else that of the command (254 of run: it is not known)",
      ],
    ].flatMap(([code, means]) => [".TP", `.B ${code}`, means ?? ""]),
    ".SH FILES",
    ...[
      ["$XDG_RUNTIME_DIR/agentd/", "the socket; $AGENTD_RUNTIME_DIR, or ~/.agentd/run/HOST"],
      ["~/.local/state/agentd/", "state and log; $AGENTD_STATE_DIR, or $XDG_STATE_HOME/agentd"],
      ["~/.config/agentd/config.toml", "$AGENTD_CONFIG, or $XDG_CONFIG_HOME/agentd/config.toml"],
    ].flatMap(([path, what]) => [".TP", `.I ${text(path ?? "")}`, text(what ?? "")]),
    ".SH SEE ALSO",
    ".BR tmux (1),",
    ".BR screen (1)",
    ".PP",
    "When something is wrong:",
    ".B agentd doctor",
  ].join("\n")}\n`;
}

function commandSection({ name, aliases = [], usage, summary, flags = {} }: Command): string[] {
  const also = aliases.length === 0 ? [] : [".br", `Also accepted: ${text(aliases.join(", "))}.`];
  return [
    `.SS ${text(name)}`,
    `\\fBagentd ${text(name)}\\fR${usage === "" ? "" : ` ${text(usage)}`}`,
    ".PP",
    text(sentence(summary)),
    ...also,
    ...Object.entries(flags).flatMap(([flag, value]) => flagEntry(flag, value)),
  ];
}

function flagEntry(name: string, { short, type, value, help }: Flag): string[] {
  if (help === undefined) return [];
  const spellings = [
    ...(short === undefined ? [] : [`-${short}`]),
    name.length === 1 ? `-${name}` : `--${name}`,
  ];
  const argument = type === "string" ? ` \\fI${text(value ?? "VALUE")}\\fR` : "";
  return [
    ".TP",
    `${spellings.map((word) => `\\fB${text(word)}\\fR`).join(", ")}${argument}`,
    text(sentence(help)),
  ];
}

function sentence(words: string): string {
  const start = /^[A-Z]+=/.test(words) ? words : `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

/** For roff: a dash is a dash, a backslash is text, and no line begins a request. */
function text(words: string): string {
  const escaped = words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("·", "\\(bu")
    .replaceAll("…", "...");
  return escaped.replace(/^([.'])/, "\\&$1");
}
