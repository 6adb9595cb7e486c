// The native half of the PTY package, called directly: its own JavaScript half loses output at exit and blocks on writes.
import { createRequire } from "node:module";
import { join } from "node:path";
import { AgentdError } from "../../shared/errors.js";

/** What `fork` returns: the non-blocking master, the child (a session leader on the slave), and the slave's path. */
export interface ForkedPty {
  readonly fd: number;
  readonly pid: number;
  readonly pty: string;
}

/** The functions of the native module that we use. Pinned with the package to one exact version. */
export interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helperPath: string,
    /** Called once, after the child was reaped. `signal` is 0 for a normal exit, and `exitCode` is 0 for a signal. */
    onExit: (exitCode: number, signal: number) => void,
  ): ForkedPty;
  resize(fd: number, cols: number, rows: number): void;
}

const PACKAGE = "@lydell/node-pty";
const require = createRequire(join(import.meta.dirname, "native-pty.cjs"));

let loaded: NativePty | undefined;

/** Loads the addon on first use. @throws AgentdError `spawn_failed` when no binary fits this machine. */
export function nativePty(): NativePty {
  if (loaded !== undefined) return loaded;
  try {
    const { requireBinary } = require(`${PACKAGE}/requireBinary.js`) as {
      requireBinary(file: string): NativePty;
    };
    loaded = requireBinary("pty.node");
    return loaded;
  } catch (cause) {
    const machine = `${process.platform}-${process.arch}`;
    const message = `no terminal library for ${machine} · reinstall agentd with optional dependencies`;
    throw new AgentdError("spawn_failed", message, { cause });
  }
}

/** The helper program that the addon needs on macOS; Linux ignores the name. */
export function spawnHelperPath(): string {
  return process.platform === "darwin"
    ? require.resolve(`${PACKAGE}-${process.platform}-${process.arch}/spawn-helper`)
    : "unused";
}
