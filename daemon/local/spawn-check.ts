// What can be known before a fork: the working directory, the program, and the size of arguments and environment.
import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { getSystemErrorMap } from "node:util";
import { AgentdError } from "../../shared/errors.js";

/** Linux's MAX_ARG_STRLEN: one argument or `NAME=value`, with its final zero. */
const MAX_STRING_BYTES = 131_072;
/** A quarter of the usual 8 MiB stack, less room for what the wrapper adds. */
const MAX_TOTAL_BYTES = 2 * 1024 * 1024 - 65_536;

/** @throws AgentdError `spawn_failed` with the system's reason when `cwd` cannot be entered. */
export function checkDirectory(cwd: string): void {
  try {
    if (!statSync(cwd).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    accessSync(cwd, constants.X_OK);
  } catch (cause) {
    throw new AgentdError("spawn_failed", `cannot start in '${cwd}' · ${systemReason(cause)}`, { cause });
  }
}

/**
 * The absolute path of the program that `name` means with this PATH and directory, as execvp would find it.
 * @throws AgentdError `spawn_failed` with the system's reason.
 */
export function findProgram(name: string, path: string, cwd: string): string {
  const candidates = name.includes("/")
    ? [resolve(cwd, name)]
    : path.split(":").map((directory) => resolve(cwd, directory, name));
  let reason: unknown = Object.assign(new Error(), { code: "ENOENT" });
  for (const candidate of name === "" ? [] : candidates) {
    try {
      if (!statSync(candidate).isFile()) throw Object.assign(new Error(), { code: "EACCES" });
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      // "Not executable" says more than "not found elsewhere".
      if (codeOf(error) === "EACCES") reason = error;
    }
  }
  throw new AgentdError("spawn_failed", `cannot run '${name}' · ${systemReason(reason)}`, { cause: reason });
}

/** @throws AgentdError `spawn_failed` (E2BIG) for what execve would refuse. */
export function checkExecSize(args: readonly string[], env: readonly string[]): void {
  let total = 0;
  for (const text of [...args, ...env]) {
    const bytes = Buffer.byteLength(text) + 1;
    total += bytes + 8;
    if (bytes > MAX_STRING_BYTES || total > MAX_TOTAL_BYTES) {
      const cause = Object.assign(new Error(), { code: "E2BIG" });
      throw new AgentdError("spawn_failed", `cannot start the shell · ${systemReason(cause)}`, { cause });
    }
  }
}

/**
 * Why there is no terminal for a new shell: the addon does not tell, so the same is asked of the system again. When it
 * gives one now, it was the process that could not be made.
 */
export function noTerminalReason(): string {
  try {
    closeSync(openSync("/dev/ptmx", constants.O_RDWR | constants.O_NOCTTY));
    return "no process to be had · the limit of processes or memory is reached";
  } catch (error) {
    // ENOSPC is about terminals here, not about a disk.
    const why = codeOf(error) === "ENOSPC" ? `all are in use${terminalCount()}` : systemReason(error);
    return `no pseudo-terminal to be had · ${why}`;
  }
}

function terminalCount(): string {
  try {
    const [used, most] = ["nr", "max"].map((name) =>
      readFileSync(`/proc/sys/kernel/pty/${name}`, "latin1").trim(),
    );
    return ` (${used} of ${most} on this machine)`;
  } catch {
    return "";
  }
}

/** `no such file or directory (ENOENT)`. */
function systemReason(error: unknown): string {
  const code = codeOf(error);
  for (const [name, text] of getSystemErrorMap().values()) if (name === code) return `${text} (${code})`;
  return code ?? "unknown reason";
}

function codeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
