// The few lines of shell between fork and exec: close every inherited descriptor, set the umask, take the given argv[0].
import { accessSync, constants } from "node:fs";

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
 * bash itself leaves SHLVL as it was, because `exec` takes back what its own start added.
 */
const CLOSE_ALL =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not a template.
  'for f in /dev/fd/*; do f=${f##*/}; case $f in [012] | *[!0-9]*) ;; *) eval "exec $f>&-" ;; esac; done';
const BASH_SCRIPT = `${CLOSE_ALL}; umask "$1"; a=$2; shift 2; exec -a "$a" "$@"`;

/** POSIX sh closes single digits only and cannot set argv[0]: the best there is where bash is missing. */
const SH_SCRIPT = 'umask "$1"; shift 2; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec "$@"';

/** File and arguments (without argv[0]) that run `invocation` with descriptors 0, 1 and 2 only. No word is ever interpreted. */
export function wrapExec(invocation: Invocation, umask: number): { file: string; args: string[] } {
  const bash = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].find(isExecutable);
  const rest = [umask.toString(8), invocation.argv0, invocation.program, ...invocation.args];
  if (bash !== undefined) return { file: bash, args: ["-p", "-c", BASH_SCRIPT, "agentd", ...rest] };
  // Without `exec -a` the leading dash is lost; every common shell takes -l for the same meaning.
  if (invocation.argv0.startsWith("-")) rest.splice(3, 0, "-l");
  return { file: "/bin/sh", args: ["-c", SH_SCRIPT, "agentd", ...rest] };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
