// The runs of all shells: each shell has one lane, and each run a name that no output holds by chance.
import { randomBytes } from "node:crypto";
import { AgentdError } from "../../../shared/errors.js";
import type { RunParams, RunResult } from "../../../shared/run.js";
import type { Clock } from "../../upstream/clock.js";
import { linuxHost, type ProcessHost } from "./process-host.js";
import { notStarted } from "./run-abort.js";
import { RunLane } from "./run-lane.js";
import { type RunShell, type RunSink, ShellRun } from "./shell-run.js";

export interface RunsOptions {
  readonly clock: Clock;
  readonly host?: ProcessHost;
  /** Some shell changed its state. @returns what ends the listening. */
  onChange(listener: () => void): () => void;
}

export class Runs {
  readonly #options: RunsOptions;
  readonly #lanes = new WeakMap<RunShell, RunLane>();

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /**
   * Waits for the shell's turn and runs the command. @param signal aborted with a `RunAbort`
   * @throws AgentdError `shell_busy`, `shell_ended`, `shell_not_live`, `unreachable`, `too_busy`, `daemon_stopping`.
   */
  async run(
    shell: RunShell & { ready(): Promise<void> },
    params: Omit<RunParams, "timeoutMs">,
    sink: RunSink,
    signal: AbortSignal,
  ): Promise<RunResult> {
    const lane = this.#lanes.get(shell) ?? new RunLane();
    this.#lanes.set(shell, lane);
    let leave: () => void;
    try {
      leave = await lane.enter(signal);
    } catch (error) {
      if (signal.aborted) return notStarted();
      throw error;
    }
    let result: RunResult;
    try {
      await shell.ready();
      checkLive(shell);
      const { clock, host = linuxHost, onChange } = this.#options;
      // A local shell waits for who reads its output more slowly than it comes.
      sink.onBacklog = (bytes) => shell.output.reportBacklog(sink, bytes);
      const nonce = randomBytes(16).toString("hex");
      const { command, force = false, forTerminal = false, interrupt = false } = params;
      const request = { command, force, forTerminal, interrupt, nonce };
      result = await new ShellRun({ shell, clock, host, sink, onChange, ...request }).execute(signal);
    } finally {
      // Whoever reads slowly is no longer in the way of the shell, nor of those who wait for it.
      sink.onBacklog(0);
      sink.onBacklog = () => {};
      leave();
    }
    await sink.flushed();
    return sink.droppedBytes > 0 ? { ...result, droppedBytes: sink.droppedBytes } : result;
  }
}

/** What is typed while a link is down waits for it: too late to say that a prompt was there. */
function checkLive({ input, record: { name }, state }: RunShell): void {
  input.check();
  if (state.kind === "live") return;
  throw new AgentdError("unreachable", `'${name}' has no link now (${state.kind}) · agentd ls shows why`);
}
