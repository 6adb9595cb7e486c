// Attaches this process's terminal to a shell: the checks before, the loop, and the last line after it.
import { fstatSync, readlinkSync } from "node:fs";
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import { presentName } from "../../shared/present-name.js";
import type { Context } from "../cli/context.js";
import { reachDaemon } from "../daemon/daemon-access.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { withSuggestion } from "../shell-names.js";
import { dimLine, errorLine } from "../text/format.js";
import { AttachLoop } from "./attach-loop.js";
import { reportEnd } from "./end-report.js";
import { parsePrefix } from "./prefix-name.js";
import { RawTerminal } from "./raw-terminal.js";
import { wrapLine } from "./wrap-line.js";

export interface AttachHere {
  readonly context: Context;
  /** Greeted, and used up by this; undefined: one is made, and the attach travels with its greeting. */
  readonly connection: DaemonConnection | undefined;
  readonly name: string;
  readonly readOnly?: boolean;
  readonly take?: boolean;
  readonly detachOthers?: boolean;
  readonly ignoreSize?: boolean;
}

/** A refusal before anything was touched: exit status 255. */
class CannotAttach extends AgentdError {
  override get exitStatus(): number {
    return ExitStatus.CannotAttach;
  }
}

/**
 * @param instead the command that does something useful without a terminal.
 * @throws AgentdError with exit status 255: no terminal, or inside one of agentd's shells.
 */
export function requireTerminal(env: Context["env"], instead: string): void {
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    throw new CannotAttach("usage", `no terminal here · without one: ${instead}`);
  }
  const outer = env["AGENTD_SHELL"];
  if (outer) {
    const text = `this is inside shell '${printable(outer)}' already · detach first, or unset AGENTD_SHELL to nest with care`;
    throw new CannotAttach("usage", text);
  }
}

/** For whoever looks who is attached. */
function ownTerminal(): { readonly pid: number; readonly tty?: string } {
  const { pid } = process;
  try {
    const tty = readlinkSync("/proc/self/fd/0");
    return tty.startsWith("/dev/") ? { pid, tty: tty.slice(0, 256) } : { pid };
  } catch {
    return { pid };
  }
}

/** Resolves with the exit status of cli.md: 0, the shell's own, 254 or 255. Failures are said here. */
export async function attachHere(options: AttachHere): Promise<number> {
  const { context, name, readOnly = false, ignoreSize = false, take, detachOthers } = options;
  const terminal = new RawTerminal({ stdin: process.stdin, stdout: process.stdout });
  const params = {
    name,
    ...ownTerminal(),
    ...(readOnly ? { readOnly } : {}),
    ...(ignoreSize ? { ignoreSize } : {}),
  };
  const once = { ...(take ? { take } : {}), ...(detachOthers ? { detachOthers } : {}) };
  const attach = (connection: DaemonConnection) =>
    connection.attach({ ...params, ...terminal.size, ...once });
  const { connection, answer } =
    options.connection === undefined
      ? await context.ask(attach)
      : { connection: options.connection, answer: attach(options.connection) };
  let stream: Awaited<typeof answer>;
  try {
    stream = await withSuggestion(connection, name, () => answer);
  } catch (error) {
    const line = errorLine(AgentdError.from(error));
    if (!reportEnd(context.env, { status: ExitStatus.CannotAttach, line })) context.complain(line);
    return ExitStatus.CannotAttach;
  }
  const prefix = parsePrefix(connection.hello.client.prefix);
  const { shell } = stream.result;
  const canSay = !context.quiet && context.stderr.isTTY === true;
  // Between the shell's output there is room for a line only where that output goes.
  const sameTerminal = canSay && fstatSync(1).rdev === fstatSync(2).rdev;
  const loop = new AttachLoop({
    name,
    terminal,
    prefix,
    readOnly,
    ignoreSize,
    canSay: sameTerminal,
    color: context.color,
    writeStatus: (text) => void context.stderr.write(text),
    reattach: async (size, resume, reach) => {
      const again = await reachDaemon(context.env, reach);
      try {
        const { shells } = await again.call("shell.list", {});
        const present = presentName(shells, shell);
        const { typedAgo } = reach;
        const typed = typedAgo === undefined ? {} : { typedAgo };
        const resumed = resume === undefined ? typed : { ...typed, resume };
        return await again.attach({ ...params, name: present, ...size, ...resumed });
      } catch (error) {
        again.close();
        throw error;
      }
    },
  });
  const end = await loop.run(stream);
  // The cursor is wherever the shell left it: our line, and the user's next prompt, start on a line of their own. So they
  // do when the TUI ends, whose own screen comes between.
  if (end.terminalIsAlive) context.stdout.write("\r\n\u001b[J");
  if (reportEnd(context.env, end)) return end.status;
  if (end.terminalIsAlive && end.next === "switch") {
    const { runProgram } = await import("../daemon/run-program.js");
    return runProgram("tui.cjs", ["--select", name]);
  }
  if (end.terminalIsAlive && canSay) {
    const { ownCommand } = await import("../cli/own-command.js");
    const own = ownCommand(context.env, context.cwd, process.argv[1] ?? "agentd");
    const line = end.line.replace(" agentd attach ", () => ` ${own} attach `);
    context.stderr.write(`${dimLine(wrapLine(line, terminal.size.cols - 2), context.color)}\n`);
  }
  return end.status;
}
