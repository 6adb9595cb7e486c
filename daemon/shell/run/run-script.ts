// What is typed into a shell to run a command in it: one short line for every shell, and then, unseen, the script for this one.
import { markerFormat } from "./run-marker.js";

/** `posix`: dash, busybox, ksh, and whatever calls itself sh. */
export type Flavour = "bash" | "zsh" | "fish" | "posix";

/** The flavour of a program by its name, or undefined when it is no shell that we can drive. */
export function flavourOf(program: string): Flavour | undefined {
  const name = program.replace(/^-/, "");
  if (/^r?bash/.test(name)) return "bash";
  if (/^zsh/.test(name)) return "zsh";
  if (/^fish/.test(name)) return "fish";
  return /^(?:d?ash|sh|busybox|ksh\d*|mksh|lksh|oksh|yash)$/.test(name) ? "posix" : undefined;
}

/**
 * One line that bash, zsh, fish (3.4 and newer) and POSIX shells understand alike. Its `sh` switches the echo off, says
 * `ready`, and reads the script: bytes that no line editor, no history and no eye sees. Nothing is evaluated unless it came
 * whole; when nothing comes for 10 s (the daemon died), the terminal is put right and the shell goes on.
 *
 * No `!`, no tab and no backslash in front of a quote: what these mean differs. Words in quotes are no aliases.
 */
export function openingLine(nonce: string): string {
  const body = [
    `k=${nonce}`,
    "t=$(stty -g)",
    'trap "stty $t" 0',
    "stty raw -echo min 0 time 100",
    "read c </proc/$PPID/comm||c=$(ps -o comm= -p $PPID)",
    'm="\\033]7717;agentd;$k;%s\\007"',
    'printf "$m" "ready;$c" >/dev/tty',
    "n=$(dd bs=1 count=8 2>/dev/null)",
    "p=$(head -c $((n-10000000)))",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
    'case $p in $k*$k)p=${p#$k};printf %s "${p%$k}";;*)printf "$m" lost >/dev/tty;esac',
  ];
  return ` 'eval' "$('sh' -c '${body.join(";")}' </dev/tty)"`;
}

/** What the opening line's `sh` reads: eight digits that say how long the rest is, then the script between two nonces. */
export function scriptMessage(nonce: string, script: string): Uint8Array {
  const framed = Buffer.from(`${nonce}${script}${nonce}`);
  return Buffer.concat([Buffer.from(String(10_000_000 + framed.length)), framed]);
}

/** Tells the opening line's `sh` that nothing will come. */
export const NO_SCRIPT: Uint8Array = Buffer.from("10000000");

export interface ScriptRequest {
  readonly flavour: Flavour;
  readonly nonce: string;
  readonly command: string;
  /** Sequences that wipe the opening line, as raw bytes in Latin-1. */
  readonly wipe: string;
  /** What people see in its place: lines of printable text. */
  readonly shown: string;
}

/** The script that runs `command` as if it had been typed, between two markers. */
export function runScript(request: ScriptRequest): string {
  return writers[request.flavour](request);
}

const writers: Readonly<Record<Flavour, (request: ScriptRequest) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  posix: posixScript,
};

/** A word that means itself, in bash, zsh and POSIX shells. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A word that means itself, in fish. */
function quoteForFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/**
 * The end is said by the line behind the command. What aborts that (Ctrl-C, an unset variable under `set -u`) leads to the
 * prompt, so there stands the same once more, in front of the user's PROMPT_COMMAND, and takes itself out. Braces with
 * redirections keep `set -x` and DEBUG traps from telling of us. The command's own line may abort too, so the start is said
 * inside of its `eval`, which reads line by line. All in one pair of braces: a syntax error in an inner `eval` spoils what of the
 * outer one is not parsed yet. `printf -v` because an assignment to what is read-only would end all of it.
 */
function bashScript({ nonce, command, wipe, shown }: ScriptRequest): string {
  const start = `{ \\builtin printf ${quote(markerFormat(nonce, "start"))} >/dev/tty; } 2>/dev/null`;
  const sayEnd = `\\builtin printf ${quote(markerFormat(nonce, "end;%s"))} "$__agentd_s" >/dev/tty`;
  const unhook = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
    '\\builtin printf -v PROMPT_COMMAND %s "${PROMPT_COMMAND#"$__agentd_p"}"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
    '[ "${#PROMPT_COMMAND[@]}$PROMPT_COMMAND" != 1 ] || unset PROMPT_COMMAND',
    '\\eval "unset __agentd_s __agentd_p __agentd_h; (exit $__agentd_s)"',
  ].join("; ");
  const ending = `{ __agentd_s=$?; ${sayEnd}; ${unhook}; } >/dev/null 2>&1`;
  return `{
{ \\builtin printf '%s\\n' ${quote(wipe + shown)} >/dev/tty
__agentd_h=$(HISTTIMEFORMAT= \\builtin history 1)
case $__agentd_h in *${nonce}*) __agentd_h=\${__agentd_h#"\${__agentd_h%%[0-9]*}"}; \\builtin history -d "\${__agentd_h%%[!0-9]*}";; esac
__agentd_h=${quote(ending)}
__agentd_p='\\eval "$__agentd_h";'
\\builtin printf -v PROMPT_COMMAND %s "$__agentd_p\${PROMPT_COMMAND-}"
\\builtin export -n __agentd_h __agentd_p
} 2>/dev/null
\\eval ${quote(`${start}\n${command}\n`)}
${ending}
}`;
}

/** zsh runs an `always` block whatever became of what it follows. Its `eval` reads everything before it runs anything. */
function zshScript({ nonce, command, wipe, shown }: ScriptRequest): string {
  return `{ \\builtin printf '%s\\n' ${quote(wipe + shown)} >/dev/tty
\\builtin printf ${quote(markerFormat(nonce, "start"))} >/dev/tty
} 2>/dev/null
{
\\builtin eval ${quote(`${command}\n`)}
} always {
{ \\builtin printf ${quote(markerFormat(nonce, "end;%s"))} "$?" >/dev/tty
TRY_BLOCK_ERROR=0
TRY_BLOCK_INTERRUPT=0
} 2>/dev/null
}`;
}

/** The end is said by the line behind the command; of what a Ctrl-C or `exit` breaks off, fish's event at the end of every line tells. */
function fishScript({ nonce, command, wipe, shown }: ScriptRequest): string {
  return `function __agentd_end --on-event fish_postexec
set -l s $status
functions -e __agentd_end
builtin printf ${quoteForFish(markerFormat(nonce, "end;%s"))} $s >/dev/tty
return $s
end
builtin printf '%s\\n' ${quoteForFish(wipe + shown)} >/dev/tty
builtin printf ${quoteForFish(markerFormat(nonce, "start"))} >/dev/tty
eval ${quoteForFish(`${command}\n`)}
__agentd_end`;
}

/**
 * As in bash, with the prompt itself in the place of PROMPT_COMMAND. It cannot take itself out; the next run does, and until
 * then it says to nobody what nobody sees. `command` keeps an error in a special builtin from ending the whole line.
 */
function posixScript({ nonce, command, wipe, shown }: ScriptRequest): string {
  // Neither an alias nor a function of that name.
  const say = (word: string) => `\\command printf ${quote(markerFormat(nonce, word))}`;
  const start = `{ ${say("start")} >/dev/tty; } 2>/dev/null`;
  // A shell that this one starts may inherit the prompt, and has nothing to say.
  const hook = `${quote("$(s=$?; [ $$ = ")}$$${quote(` ] && ${say("end;%s")} "$s")`)}`;
  return `{
{ \\command printf '%s\\n' ${quote(wipe + shown)} >/dev/tty
\\command eval 'PS1=\${PS1#"\${__agentd_p-}"}'
__agentd_p=${hook}
\\command eval 'PS1=$__agentd_p$PS1'
} 2>/dev/null
\\command eval ${quote(`${start}\n${command}\n`)}
{ __agentd_s=$?
${say("end;%s")} "$__agentd_s" >/dev/tty
\\command eval 'PS1=\${PS1#"$__agentd_p"}'
unset __agentd_p
\\eval "unset __agentd_s; (exit $__agentd_s)"
} >/dev/null 2>&1
}`;
}
