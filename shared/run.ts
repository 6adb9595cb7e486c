// The contract of `shell.run`: what is asked, the output on its way, and what became of the command.

export interface RunParams {
  readonly name: string;
  readonly command: string;
  readonly timeoutMs?: number;
  /** Send it a Ctrl-C at the timeout, or when the caller goes away. Otherwise it goes on. */
  readonly interrupt?: boolean;
  /** Leave out what a terminal must not get. Default: the bytes as they are. */
  readonly forTerminal?: boolean;
  /** Whatever seems to be in front. */
  readonly force?: boolean;
}

/** The parameters of a `run.output` notification: bytes that the command wrote, base64. The first has none: the command begins. */
export interface RunOutput {
  readonly name: string;
  readonly data: string;
}

/** What became of a command. Its output came before, as `run.output` notifications `{name, data}` (base64), in order. */
export interface RunResult {
  /** False: it was never typed, because its turn did not come in time. */
  readonly started: boolean;
  /** The command's own, or its shell's when that ended with it. Absent: it still runs (`timedOut`), or nobody knows how, or whether. */
  readonly exitCode?: number;
  readonly durationMs: number;
  readonly outputBytes: number;
  /** It took longer than `timeoutMs`, and unless there is an `exitCode` it goes on. */
  readonly timedOut?: true;
  /** The shell itself ended, or was lost with its machine, before the command said how it ended. */
  readonly shellEnded?: true;
  /** A shell inside of the shell, in which the command was begun, ended before the command said how it ended. */
  readonly innerShellEnded?: true;
  /** The link broke meanwhile, and a server that does not count cannot say whether all output came. */
  readonly outputMayBeMissing?: true;
  /** Output that the caller did not read in time. */
  readonly droppedBytes?: number;
}
