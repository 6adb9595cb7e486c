// All shells by name: creates them, finds them again, renames, ends and forgets them, and tells subscribers.
import { AgentdError } from "../../shared/errors.js";
import { printable, suggestName } from "../../shared/names.js";
import type { Notice } from "../../shared/notice.js";
import type { ShellEvent, ShellInfo } from "../../shared/rpc.js";
import type { ShellExit } from "../../shared/status.js";
import type { Clock } from "../upstream/clock.js";
import type { LocalShellSpec } from "../upstream/local/local-runtime-link.js";
import { notSaved } from "./half-done.js";
import { Kills } from "./kills.js";
import { applyLabels, type LabelChanges } from "./labels.js";
import type { NewShell } from "./new-shell.js";
import { Shell } from "./shell.js";
import type { ShellDeps } from "./shell-deps.js";
import { isOver } from "./shell-state.js";
import type { ShellRecord } from "./state/shell-record.js";
import type { ShellStore } from "./state/shell-store.js";
import { StateKeeper, type Unsaved } from "./state/state-keeper.js";

export interface RegistryOptions {
  readonly clock: Clock;
  readonly store: Pick<ShellStore, "save">;
  readonly shell: Omit<ShellDeps, "onChange" | "onActive" | "onRecord" | "clock">;
  /** Starts a local shell's process. @throws AgentdError `spawn_failed`. */
  prepareLocal(spec: LocalShellSpec): Promise<unknown>;
  warn(message: string): void;
  onForgotten?(record: ShellRecord): void;
  tell?(event: ShellEvent): void;
}

/** cli.md: an ended shell stays listed this long, so that a late `attach` still learns how it ended. */
const KEEP_ENDED_MS = 10 * 60_000;

/**
 * Invariants: a name belongs to one shell, from before its record is written until it is forgotten; a shell's ids are on
 * the disk before anything connects with them.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #shells = new Map<string, Shell>();
  /** Names that are being created, with what their creation will give. */
  readonly #creating = new Map<string, Promise<Shell>>();
  /** Their records: part of every save from before anything connects, whoever asks for that save; and whether they exist by more than that. */
  readonly #coming = new Map<ShellRecord, boolean>();
  readonly #listeners = new Set<(event: ShellEvent) => void>();
  readonly #changed = new Set<Shell>();
  /** Shells that are over, with what keeps them from being forgotten in time. */
  readonly #forgetting = new Map<Shell, () => void>();
  readonly #state: StateKeeper;
  readonly #kills: Kills;
  /** What clients are told at the daemon's end, from its beginning on. */
  #parting: Notice | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    const { clock, store, warn } = options;
    const records = () => [...[...this.#shells.values()].map(({ record }) => record), ...this.#coming.keys()];
    this.#state = new StateKeeper({ clock, store, warn, records });
    this.#kills = new Kills(clock, this.#state);
  }

  /** Since when, and why, the state file is behind; undefined when it is not. */
  get unsaved(): Unsaved | undefined {
    return this.#state.unsaved;
  }

  /** Finds the shells of the state file again: those that are not over connect at once. */
  adopt(records: readonly ShellRecord[]): void {
    for (const record of records) {
      record.known ||= record.target.kind === "local"; // A daemon that died at once made it: its output is of the past.
      this.#add(record).start();
      // What an earlier daemon had begun; who asked for it had no answer.
      if (record.ending === true) this.kill(record.name, false).catch(ignore);
    }
  }

  list(): ShellInfo[] {
    return [...this.#shells.values()].map((shell) => shell.info()).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws AgentdError `shell_not_found`, with a suggestion. */
  get(name: string): Shell {
    const shell = this.#shells.get(name);
    if (shell !== undefined) return shell;
    const suggestion = suggestName(name, this.#shells.keys());
    const hint = suggestion === undefined ? "agentd ls shows what there is" : `did you mean '${suggestion}'?`;
    throw new AgentdError("shell_not_found", `no shell '${printable(name, 64)}' · ${hint}`, {
      details: { name, ...(suggestion === undefined ? {} : { suggestion }) },
    });
  }

  /**
   * Makes a shell and waits until it is live, or has ended again.
   * @throws AgentdError `name_taken`, or why it cannot be had; nothing is left behind then.
   */
  async create(request: NewShell): Promise<{ readonly shell: Shell; readonly created: boolean }> {
    const { name } = request;
    this.#checkIsStaying();
    let existing = this.#shells.get(name);
    if (existing !== undefined && isOver(existing.state)) {
      // A shell that is over is listed for those who ask how it ended; it does not keep its name from a new one.
      this.#forget(existing).catch(ignore);
      existing = undefined;
    }
    const coming = this.#creating.get(name);
    if (existing !== undefined || coming !== undefined) {
      if (!request.reuse)
        throw new AgentdError("name_taken", `name '${name}' exists · agentd attach ${name}`);
      return { shell: (await coming) ?? this.get(name), created: false };
    }
    const creation = this.#create(request);
    this.#creating.set(name, creation);
    try {
      return { shell: await creation, created: true };
    } finally {
      this.#creating.delete(name);
    }
  }

  /**
   * Gives a shell another name; resolves when that is on the disk.
   * @throws AgentdError `shell_not_found`, `name_taken`, `state_unwritable` (done, but not saved yet).
   */
  async rename(from: string, to: string): Promise<void> {
    const shell = this.get(from);
    if (from === to) return;
    if (this.#shells.has(to) || this.#creating.has(to)) {
      throw new AgentdError("name_taken", `name '${to}' exists · agentd ls shows what there is`);
    }
    this.#shells.delete(from);
    shell.record.name = to;
    this.#shells.set(to, shell);
    const saved = this.#state.save();
    this.#emit({ kind: "renamed", from, shell: shell.info() });
    await saved.catch((error: unknown) => {
      throw notSaved(`shell '${from}' is called '${to}' now`, error);
    });
  }

  /**
   * Sets labels, or removes those that are null; resolves with all of them when that is on the disk.
   * @throws AgentdError `shell_not_found`, `invalid_params` (too many), `state_unwritable` (done, but not saved yet).
   */
  async label(name: string, changes: LabelChanges): Promise<Readonly<Record<string, string>>> {
    const shell = this.get(name);
    const labels = applyLabels(shell.record.labels, changes);
    this.#handleChange(shell);
    await this.#state.save().catch((error: unknown) => {
      throw notSaved(`shell '${name}' has its labels`, error);
    });
    return labels;
  }

  /**
   * Ends a shell and forgets it; resolves when that is on the disk.
   * @throws AgentdError `shell_not_found`, why it cannot be ended now, or `state_unwritable` (ended, but not saved yet).
   */
  async kill(name: string, force: boolean): Promise<ShellExit | undefined> {
    const shell = this.get(name);
    const exit = await this.#kills.end(shell, force);
    await this.#forget(shell).catch((error: unknown) => {
      throw notSaved(`shell '${name}' is ended`, error);
    });
    return exit;
  }

  /** Detaches the clients of one shell, or of all. */
  detach(name: string | undefined): number {
    const shells = name === undefined ? [...this.#shells.values()] : [this.get(name)];
    const notice: Notice = { kind: "detached", reason: "elsewhere" };
    return shells.reduce((sum, shell) => sum + shell.detachAll(notice), 0);
  }

  /** Calls `listener` for every change, at most once a turn for each shell; returns how to stop that. */
  subscribe(listener: (event: ShellEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The machine slept: sees what is left of every link. */
  wake(): void {
    for (const shell of this.#shells.values()) shell.wake();
  }

  /** Lets go of every shell without ending one, and saves. */
  async stop(reason: "stopping" | "restarting"): Promise<void> {
    const parting: Notice = { kind: "detached", reason };
    this.#parting = parting;
    this.#state.stop();
    // What exists nowhere yet is not made any more, and nobody shall look for it.
    for (const [record, isBegun] of this.#coming) if (!isBegun) this.#coming.delete(record);
    for (const cancel of this.#forgetting.values()) cancel();
    await Promise.all([...this.#shells.values()].map((shell) => shell.stop(parting)));
    await this.#state.save();
  }

  async #create(request: NewShell): Promise<Shell> {
    const { name, target, ids, cols, rows, known, rules } = request;
    const labels = { ...request.labels };
    const createdAt = this.#options.clock.now();
    const sized = { cols, rows, known, bytesLost: 0 };
    const record: ShellRecord = { name, target, ...ids, createdAt, labels, ...sized, ...rules };
    this.#coming.set(record, false);
    try {
      await this.#state.save();
      this.#checkIsStaying();
      this.#coming.set(record, true);
      if (request.local !== undefined) {
        await this.#options.prepareLocal({ ...request.local, ...ids, name, cols, rows });
      }
      const shell = this.#add(record);
      if (this.#parting !== undefined) {
        // Its process is there by now: the next daemon finds it.
        await shell.stop(this.#parting);
        return shell;
      }
      shell.start();
      await shell.settled;
      const error = shell.lastError;
      if (error !== undefined && shell.state.kind !== "live") {
        await this.#forget(shell).catch(ignore);
        throw error;
      }
      return shell;
    } catch (error) {
      this.#coming.delete(record);
      this.#state.saveSoon();
      throw error;
    }
  }

  /** @throws AgentdError `daemon_stopping`. */
  #checkIsStaying(): void {
    if (this.#parting !== undefined)
      throw new AgentdError("daemon_stopping", "the daemon is stopping · try again");
  }

  #add(record: ShellRecord): Shell {
    const shell = new Shell(record, {
      ...this.#options.shell,
      clock: this.#options.clock,
      onChange: (changed) => this.#handleChange(changed),
      onActive: (active) => {
        if (this.#listeners.size > 0) this.#handleChange(active);
        return this.#listeners.size > 0;
      },
      onRecord: () => this.#state.saveSoon(),
    });
    this.#shells.set(record.name, shell);
    this.#coming.delete(record);
    this.#handleChange(shell);
    return shell;
  }

  /** @throws AgentdError `state_unwritable`; the shell is forgotten all the same. */
  async #forget(shell: Shell): Promise<void> {
    const { name } = shell.record;
    // Whoever comes second waits for the disk as well.
    if (this.#shells.get(name) !== shell) return this.#state.save();
    this.#shells.delete(name);
    this.#forgetting.get(shell)?.();
    this.#forgetting.delete(shell);
    const saved = this.#state.save();
    this.#emit({ kind: "forgotten", name });
    this.#options.onForgotten?.(shell.record);
    await Promise.all([saved, shell.stop({ kind: "gone", message: "the shell was killed" })]);
  }

  #handleChange(shell: Shell): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.#emitChanges());
    this.#changed.add(shell);
  }

  #emitChanges(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const shell of changed) {
      if (this.#shells.get(shell.record.name) !== shell) continue;
      this.#emit({ kind: "changed", shell: shell.info() });
      this.#planForgetting(shell);
    }
  }

  #planForgetting(shell: Shell): void {
    const { state } = shell;
    if (!isOver(state) || this.#forgetting.has(shell)) return;
    const delayMs = Math.max(0, state.endedAt + KEEP_ENDED_MS - this.#options.clock.now());
    const cancel = this.#options.clock.setTimeout(() => void this.#forget(shell).catch(ignore), delayMs);
    this.#forgetting.set(shell, cancel);
  }

  #emit(event: ShellEvent): void {
    this.#options.tell?.(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** For what the state keeper has said already and tries again. */
function ignore(): void {}
