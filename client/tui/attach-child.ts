// Runs `agentd attach` on the terminal that the TUI has left, and learns how it ended.
import { type ChildProcess, spawn } from "node:child_process";
import { AgentdError } from "../../shared/errors.js";
import { type EndReport, REPORT_VARIABLE, readReport } from "../attach/end-report.js";
import { programPath } from "../daemon/daemon-launch.js";
import { errorLine } from "../text/format.js";

export interface RunningAttach {
  /** Undefined when there is none. */
  readonly child: ChildProcess | undefined;
  /** Resolves when it has ended and the terminal is its own again. */
  readonly ended: Promise<EndReport>;
}

/**
 * A process of its own: its terminal, its signals and its exits are exactly those of the command line. Never throws: the TUI
 * has left the terminal, and comes back when this has ended.
 */
export function attachChild(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  readOnly: boolean,
): RunningAttach {
  try {
    return startAttach(env, name, readOnly);
  } catch (error) {
    // The program was removed meanwhile, or there are no descriptors for a pipe.
    const end = { status: 255, line: errorLine(AgentdError.from(error)) };
    return { child: undefined, ended: Promise.resolve(end) };
  }
}

function startAttach(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  readOnly: boolean,
): RunningAttach {
  const words = [programPath("agentd.cjs"), "attach", ...(readOnly ? ["--read-only"] : []), name];
  const child = spawn(process.execPath, words, {
    env: { ...env, [REPORT_VARIABLE]: "3" },
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  let text = "";
  const pipe = child.stdio[3] as NodeJS.ReadableStream;
  pipe.setEncoding("utf8");
  pipe.on("data", (chunk: string) => {
    text += chunk.slice(0, 4096);
  });
  const ended = new Promise<EndReport>((resolve) => {
    const finish = (status: number) => {
      const line = `attach to ${name} ended with status ${status}`;
      resolve(readReport(text) ?? { status, line });
    };
    child.once("error", (error) =>
      resolve({ status: 255, line: `agentd attach cannot be started: ${error.message}` }),
    );
    // "close": what it reported has been read as well.
    child.once("close", (code) => finish(code ?? 254));
  });
  return { child, ended };
}
