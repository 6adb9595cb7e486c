// One command in a live shell: finds the prompt, opens the run, passes the output on, and learns the status.

import { printable } from "../../../shared/names.js";
import type { ShellInfo } from "../../../shared/rpc.js";
import type { RunResult } from "../../../shared/run.js";
import type { OutputFilter } from "../../terminal/filter/output-filter.js";
import type { Clock } from "../../upstream/clock.js";
import { Milestone } from "../milestone.js";
import { look } from "../output/readable-output.js";
import { filterOf } from "../output/shell-filter.js";
import type { Shell } from "../shell.js";
import { isOver } from "../shell-state.js";
import { watchFront } from "./front-watch.js";
import { NewlineUndo } from "./newline-undo.js";
import { openingFor, shownCommand } from "./opening.js";
import type { ProcessHost } from "./process-host.js";
import { busy, type FoundPrompt, PromptFinder } from "./prompt-finder.js";
import { notStarted, type RunAbort, whenAborted } from "./run-abort.js";
import { RunMarkers } from "./run-marker.js";
import { flavourOf, NO_SCRIPT, runScript, scriptMessage } from "./run-script.js";

export type RunShell = Pick<Shell, "output" | "input" | "state" | "info" | "record">;

/** Where the command's output goes; the bytes are the sink's. */
export interface RunSink {
  /** The command begins now. */
  begin(): void;
  write(bytes: Uint8Array): void;
  /** Resolves when everything was taken, or nobody is there any more. */
  flushed(): Promise<void>;
  readonly droppedBytes: number;
  /** Not taken yet. */
  readonly waitingBytes: number;
  /** Set by the run; told that so many bytes wait now, 0 at the end. */
  onBacklog: (bytes: number) => void;
}

export interface ShellRunOptions {
  readonly shell: RunShell;
  readonly clock: Clock;
  readonly host: ProcessHost;
  readonly sink: RunSink;
  /** 128 bits in hexadecimal digits: no program prints them by chance. */
  readonly nonce: string;
  readonly command: string;
  /** Type it whatever seems to be in front, and over a half-typed line. */
  readonly force: boolean;
  /** The caller shows it on a terminal: nothing passes that a terminal must not get (docs/security.md). */
  readonly forTerminal: boolean;
  /** A run that takes too long, or that nobody waits for any more, gets a Ctrl-C. */
  readonly interrupt: boolean;
  /** The shell changed its state. @returns what ends the listening. */
  onChange(listener: () => void): () => void;
}

const CTRL_C = 0x03;

/** From the opening line to its answer: a shell far away needs a round trip, one with a slow preexec hook a little more. */
const READY_LIMIT_MS = 8_000;
/** The reader of the opening line gives up after 10 s; until then a late answer is told that nothing comes. */
const LATE_LIMIT_MS = 15_000;
/** How often it is looked whether a link is back. */
const LINK_LOOK_MS = 500;
/** Keys that came before the command began wait so long for its end: their echo stands in nobody's output. */
const ECHO_PATIENCE_MS = 250;
/** What a Ctrl-C does not end in this time it does not end. */
const INTERRUPT_LIMIT_MS = 2_000;

/**
 * Invariants: nothing is typed before there is a prompt; the command goes in at most once, and only after the shell has said
 * that it reads it; bytes before `start` and behind `end` are nobody's output; no status is made up.
 */
export class ShellRun {
  readonly #options: ShellRunOptions;
  readonly #markers: RunMarkers;
  readonly #undo = new NewlineUndo();
  readonly #filter: OutputFilter | undefined;
  readonly #ready = new Milestone();
  readonly #begun = new Milestone();
  readonly #over = new Milestone();
  #phase: "opening" | "given-up" | "running" | "over" = "opening";
  #program: string | undefined;
  #exitCode: number | undefined;
  #isLost = false;
  #isFrontOver = false;
  #lastOutputAt = 0;
  #outputBytes = 0;
  #startedAt = 0;
  #endedAt: number | undefined;

  constructor(options: ShellRunOptions) {
    this.#options = options;
    this.#markers = new RunMarkers(options.nonce);
    const { clock, forTerminal, shell } = options;
    if (forTerminal) this.#filter = filterOf(shell.record, clock, () => ({ notify: () => {} }));
  }

  /**
   * @param signal aborted with a `RunAbort`
   * @throws AgentdError `shell_busy` (the command was not executed), `shell_ended`, `shell_not_live`, `too_busy`.
   */
  async execute(signal: AbortSignal): Promise<RunResult> {
    const { clock, onChange, shell } = this.#options;
    const before = shell.info();
    const prompt = await new PromptFinder(this.#options).find(signal);
    if (prompt === undefined) return notStarted();
    // In the turn in which the line was seen to be empty: what anybody types from now on comes behind it.
    const release = shell.input.hold();
    const stopWatching = shell.output.watchers.add((bytes) => this.#push(bytes));
    const stopListening = onChange(() => {
      if (this.#isShellOver(before))
        for (const stone of [this.#ready, this.#begun, this.#over]) stone.reach();
    });
    const aborted = whenAborted(signal);
    const stopFront = this.#watchFront(prompt, before);
    try {
      if (!(await this.#open(prompt, signal, aborted))) return notStarted();
      void this.#over.within(ECHO_PATIENCE_MS, clock).then(release);
      await this.#waitForStart(aborted);
      if (this.#isLost && this.#phase === "opening" && !isOver(shell.state)) {
        throw busy(`the shell in '${shell.record.name}' did not take the command · try again`);
      }
      if (this.#phase !== "opening") await Promise.race([this.#over.reached, aborted]);
      const isLate = this.#endedAt === undefined && !this.#isFrontOver && signal.aborted;
      if (isLate) await this.#handleAbort(signal);
      return this.#result(before, isLate);
    } finally {
      release();
      stopFront();
      stopListening();
      if (this.#phase === "given-up") clock.setTimeout(stopWatching, LATE_LIMIT_MS);
      else stopWatching();
    }
  }

  #push(bytes: Uint8Array): void {
    this.#lastOutputAt = this.#options.clock.monotonic();
    for (const piece of this.#markers.push(bytes)) {
      if (piece.kind === "marker") this.#handleMarker(piece.word, piece.value);
      else if (this.#phase === "running") this.#pass(this.#undo.push(piece.bytes));
    }
  }

  #handleMarker(word: string, value: string): void {
    const now = this.#options.clock.monotonic();
    if (word === "ready" && this.#phase === "given-up") this.#refuse();
    if (word === "ready") this.#program = value;
    if (word === "ready") this.#ready.reach();
    if (word === "lost") {
      this.#isLost = true;
      this.#begun.reach();
    }
    if (word === "start" && this.#phase === "opening") {
      [this.#phase, this.#startedAt] = ["running", now];
      this.#options.sink.begin();
      this.#begun.reach();
    }
    if (word === "end" && this.#phase === "running") {
      this.#pass(this.#undo.rest());
      [this.#phase, this.#endedAt] = ["over", now];
      this.#exitCode = /^\d{1,3}$/.test(value) ? Number(value) : undefined;
      this.#over.reach();
    }
  }

  #pass(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#outputBytes += bytes.length;
    if (this.#filter === undefined) this.#options.sink.write(bytes);
    else for (const piece of this.#filter.pieces(bytes, false)) this.#options.sink.write(piece.bytes);
  }

  /**
   * Types the opening line, and the script when the shell is ready for it; resolves when the command has begun, or nobody knows.
   * @returns false: aborted before the command went in.
   */
  async #open({ hasEditor }: FoundPrompt, signal: AbortSignal, aborted: Promise<void>): Promise<boolean> {
    const { clock, command, nonce, shell } = this.#options;
    const place = await look(shell.output, ({ active, cols, dec }) => ({
      cols,
      column: Math.min(active.x, cols - 1),
      bracketedPaste: hasEditor && dec.bracketedPasteMode,
    }));
    const { keys, wipe } = openingFor(nonce, place);
    shell.input.type(keys);
    await Promise.race([this.#ready.within(READY_LIMIT_MS, clock), aborted]);
    shell.input.check();
    const { name } = shell.record;
    if (this.#program === undefined) {
      this.#phase = "given-up";
      if (signal.aborted) return false;
      throw busy(
        `no shell answered in '${name}': what is in front took the line as its input · agentd capture ${name}`,
      );
    }
    const flavour = flavourOf(this.#program);
    if (flavour === undefined || signal.aborted) {
      this.#refuse();
      if (flavour !== undefined) return false;
      throw busy(`run cannot drive the shell in '${name}': ${printable(this.#program, 40)}`);
    }
    const script = runScript({ flavour, nonce, command, wipe, shown: shownCommand(command) });
    shell.input.type(scriptMessage(nonce, script));
    await this.#begun.within(LATE_LIMIT_MS, clock);
    return true;
  }

  /** The command went in, and its start may be among the output that a broken link has kept back. */
  async #waitForStart(aborted: Promise<void>): Promise<void> {
    const { clock, shell } = this.#options;
    let isAborted = false;
    void aborted.then(() => {
      isAborted = true;
    });
    while (
      this.#phase === "opening" &&
      !this.#isLost &&
      !isOver(shell.state) &&
      !this.#isFrontOver &&
      !isAborted
    ) {
      const wasDown = shell.state.kind !== "live";
      await Promise.race([this.#begun.within(LINK_LOOK_MS, clock), aborted]);
      // One more look: what came with the link is read by then.
      if (!wasDown && shell.state.kind === "live") return;
    }
  }

  /** Of the shell itself `onChange` tells. */
  #watchFront({ pid }: FoundPrompt, before: ShellInfo): () => void {
    const { clock, host, sink } = this.#options;
    if (pid === undefined || pid === before.pid) return () => {};
    return watchFront({
      host,
      clock,
      pid,
      lastOutputAt: () => (sink.waitingBytes > 0 ? Number.POSITIVE_INFINITY : this.#lastOutputAt),
      onEnd: () => {
        this.#isFrontOver = true;
        this.#over.reach();
      },
    });
  }

  /** Whoever reads a script in the shell shall not wait for it. */
  #refuse(): void {
    this.#options.shell.input.type(NO_SCRIPT);
  }

  async #handleAbort(signal: AbortSignal): Promise<void> {
    const { clock, interrupt, shell } = this.#options;
    if (!interrupt) return;
    shell.input.type(Uint8Array.of(CTRL_C));
    if (signal.reason === ("timeout" satisfies RunAbort)) await this.#over.within(INTERRUPT_LIMIT_MS, clock);
  }

  /** The shell ended, or another one answers in its place. */
  #isShellOver(before: ShellInfo): boolean {
    const { shell } = this.#options;
    return isOver(shell.state) || (shell.info().verdict === "new" && before.verdict !== "new");
  }

  /** Of a command whose start nobody has seen it is not known. */
  #duration(now: number): number {
    return this.#startedAt === 0 ? 0 : Math.round((this.#endedAt ?? now) - this.#startedAt);
  }

  #result(before: ShellInfo, isLate: boolean): RunResult {
    const { clock, shell } = this.#options;
    const after = shell.info();
    const isOverNow = this.#endedAt === undefined && this.#isShellOver(before);
    const exitCode = isOverNow ? after.exitCode : this.#exitCode;
    const mayBeMissing =
      after.bytesLost !== before.bytesLost || after.possibleGap?.from !== before.possibleGap?.from;
    return {
      started: true,
      durationMs: this.#duration(clock.monotonic()),
      outputBytes: this.#outputBytes,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(isOverNow ? { shellEnded: true } : {}),
      ...(isLate && !isOverNow ? { timedOut: true } : {}),
      ...(this.#isFrontOver && this.#endedAt === undefined && !isOverNow ? { innerShellEnded: true } : {}),
      ...(mayBeMissing ? { outputMayBeMissing: true } : {}),
    };
  }
}
