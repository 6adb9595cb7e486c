// The few lines of shell between fork and exec: close every inherited descriptor, set the umask, take the given argv[0].
import { isExecutable } from "../../shared/host/executable.js";

/** A program as it is to appear to itself. */
export interface Invocation {
  /** Absolute path. */
  readonly program: string;
  /** What the program sees as its name; `-bash` makes bash a login shell. */
  readonly argv0: string;
  readonly args: readonly string[];
}

/*
 * The addon opens PTY masters without close-on-exec, so a child would inherit the terminals of all other shells.
 * Node has no fcntl; a shell can close descriptors. `-p` keeps bash from reading BASH_ENV and importing functions.
 * bash itself leaves SHLVL as it was, because `exec` takes back what its own start added. But a bash without a terminal
 * forgets PS1 and PS2, so they come as words (`+value`, or `-` for unset) and are exported again.
 */
const CLOSE_ALL =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
  'for f in /dev/fd/*; do f=${f##*/}; case $f in [012] | *[!0-9]*) ;; *) eval "exec $f>&-" ;; esac; done';
// biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
const SET_PROMPTS = '[ "$3" = - ] || export PS1="${3#+}"; [ "$4" = - ] || export PS2="${4#+}"';
const BASH_SCRIPT = `${CLOSE_ALL}; umask "$1"; a=$2; ${SET_PROMPTS}; shift 4; exec -a "$a" "$@"`;

/** POSIX sh closes single digits only and cannot set argv[0]: the best there is where bash is missing. */
const SH_SCRIPT = 'umask "$1"; shift 2; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec "$@"';

/** What the child gets besides its words. */
export interface ExecSetting {
  readonly umask: number;
  /** The environment that it will have. */
  readonly env: Readonly<Record<string, string>>;
}

/** File and arguments (without argv[0]) that run `invocation` with descriptors 0, 1 and 2 only. No word is ever interpreted. */
export function wrapExec(
  invocation: Invocation,
  { umask, env }: ExecSetting,
): { file: string; args: string[] } {
  const bash = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].find(isExecutable);
  const mask = umask.toString(8);
  const { argv0, program, args } = invocation;
  if (bash !== undefined) {
    const prompts = [env["PS1"], env["PS2"]].map((value) => (value === undefined ? "-" : `+${value}`));
    const words = [mask, argv0, ...prompts, program, ...args];
    return { file: bash, args: ["-p", "-c", BASH_SCRIPT, "agentd", ...words] };
  }
  // Without `exec -a` the leading dash is lost; every common shell takes -l for the same meaning.
  const login = argv0.startsWith("-") ? ["-l"] : [];
  return { file: "/bin/sh", args: ["-c", SH_SCRIPT, "agentd", mask, argv0, program, ...login, ...args] };
}
