// Which program a shell runs, with which name and environment.
import { userInfo } from "node:os";
import type { Invocation } from "./exec-wrapper.js";
import { findProgram } from "./spawn-check.js";

const STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The user's shell as a login shell: `SHELL` of their environment, else what the password file says. */
export function loginShell(env: Readonly<Record<string, string>>, cwd: string): Invocation {
  const wanted = env["SHELL"] || userInfo().shell || "/bin/sh";
  const program = findProgram(wanted, env["PATH"] ?? STANDARD_PATH, cwd);
  return { program, argv0: `-${program.slice(program.lastIndexOf("/") + 1)}`, args: [] };
}

/** A given program with its arguments. @throws AgentdError `spawn_failed`. */
export function givenCommand(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Invocation {
  const [name = "", ...args] = command;
  return { program: findProgram(name, env["PATH"] ?? STANDARD_PATH, cwd), argv0: name, args };
}

/** What the service starts: bash as a login shell (third parties saw it source /etc/profile.d). */
export const serviceShell: Invocation = { program: "/bin/bash", argv0: "/bin/bash", args: ["--login"] };

/** The environment of a local shell: exactly the client's, with the shell's name and id (a name may be given away later) and the terminal that we are. */
export function localEnv(
  env: Readonly<Record<string, string>>,
  name: string,
  shellId: string,
): Record<string, string> {
  return { ...env, TERM: "xterm-256color", AGENTD_SHELL: name, AGENTD_SHELL_ID: shellId };
}

/** The environment of a service shell: nothing of this process, as the service passes nothing on. */
export function serviceEnv(
  home: string,
  term: string,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const { username } = userInfo();
  return {
    PATH: STANDARD_PATH,
    HOME: home,
    USER: username,
    LOGNAME: username,
    SHELL: serviceShell.program,
    LANG: "C.UTF-8",
    TERM: term,
    ...extra,
  };
}
