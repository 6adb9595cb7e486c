// What the daemon's process must be like before it holds anybody's shells or credentials.
import { url as inspectorUrl } from "node:inspector";
import { AgentdError } from "../shared/errors.js";

/**
 * Variables that change what programs do behind their user's back. The launcher's allow-list has none of them; a daemon that was
 * started by hand has whatever was there, and must not hand it on to the local runtime.
 */
const DANGEROUS = /^(?:NODE_OPTIONS|NODE_V8_COVERAGE|NODE_REPL.*|LD_.*|DYLD_.*|BASH_ENV|ENV|LISTEN_.*)$/;

type Env = Record<string, string | undefined>;

/**
 * Refuses a process in which certificates are not checked or a debugger listens, and removes dangerous variables from `env`.
 * @throws AgentdError `daemon_unavailable`.
 */
export function secureEnvironment(env: Env, debuggerUrl: string | undefined = inspectorUrl()): void {
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    throw new AgentdError(
      "daemon_unavailable",
      "NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of certificates · unset it and start again",
    );
  }
  if (debuggerUrl !== undefined) {
    throw new AgentdError(
      "daemon_unavailable",
      "a debugger listens in this process · start it without --inspect",
    );
  }
  for (const name of Object.keys(env)) if (DANGEROUS.test(name)) delete env[name];
}

/** The process-wide settings: private files, no busy directory, no crash report (it would hold the environment). */
export function settleProcess(): void {
  process.umask(0o077);
  process.chdir("/");
  if (process.report !== undefined) {
    process.report.reportOnFatalError = false;
    process.report.reportOnSignal = false;
    process.report.reportOnUncaughtException = false;
  }
}
