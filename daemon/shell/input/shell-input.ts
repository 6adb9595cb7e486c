// What is typed into a shell: by its attached clients and by `shell.send`, with progress for a long paste.
import { AgentdError } from "../../../shared/errors.js";
import type { Clock } from "../../upstream/clock.js";
import type { AttachedClient } from "../clients/attached-client.js";
import type { ClientGroup } from "../clients/client-group.js";
import { inputKind } from "../clients/terminal-reply.js";
import type { OutputWatchers } from "../output/output-watchers.js";
import type { ShellUpstream } from "../shell-deps.js";
import { isOver, type ShellState } from "../shell-state.js";
import { PasteProgress } from "./paste-progress.js";
import { TypedLine } from "./typed-line.js";

/** Keys that come within the milliseconds of a run's beginning; a paste is longer, and then neither waits. */
const HELD_BYTES = 64 * 1024;

export interface ShellInputOptions {
  readonly clock: Clock;
  readonly upstream: Pick<ShellUpstream, "send" | "queuedBytes">;
  readonly clients: ClientGroup;
  readonly watchers: Pick<OutputWatchers, "add">;
  state(): ShellState;
  name(): string;
  /** Somebody typed. */
  onInput(): void;
}

/**
 * Invariants:
 * 1. Input goes to the upstream in the order it came; what is not taken is said to whoever typed it.
 * 2. While a run types its line, clients' keys wait, at most HELD_BYTES of them, and follow behind it.
 * 3. Only a person takes the lead: what a terminal sends by itself never does, and reaches the program only from the terminal that
 *    was asked.
 */
export class ShellInput {
  readonly #options: ShellInputOptions;
  readonly #progress: PasteProgress;
  /** Who typed last: the paste is theirs. */
  #typist: AttachedClient | undefined;
  /** The line that is being typed at the prompt, as far as it came through here. */
  readonly line = new TypedLine();
  #held: { from: AttachedClient | undefined; bytes: Uint8Array }[] | undefined;

  constructor(options: ShellInputOptions) {
    const { clock, state, upstream } = options;
    this.#options = options;
    options.watchers.add((bytes) => this.line.output(bytes));
    this.#progress = new PasteProgress({
      clock,
      // While the link is down nothing is being sent: what waits is told with the loss.
      queuedBytes: () => (state().kind === "live" ? upstream.queuedBytes : undefined),
      onProgress: (sent, total) => this.#typist?.notify({ kind: "sending", sent, total }),
    });
  }

  /** A client typed, or its terminal did. */
  handle(from: AttachedClient, bytes: Uint8Array): void {
    const { clients, state, upstream } = this.#options;
    const kind = inputKind(bytes);
    if (kind === "reply" && !clients.mayReply(from)) return;
    if (kind === "typing" && from.canLead) clients.typed(from);
    if (isOver(state())) return;
    if (kind !== "typing") {
      // Nobody waits for what is lost of it but a program that asked, and that asked elsewhere then.
      if (state().kind !== "taken") upstream.send(bytes);
      return;
    }
    if (state().kind === "taken") {
      // Whoever works in it now must not find these keys there later.
      from.notify({ kind: "discarded", bytes: bytes.length });
      from.notify({ kind: "taken" });
      return;
    }
    if (this.#hold(from, bytes)) return;
    this.line.typed(bytes);
    this.#options.onInput();
    this.#typist = from;
    if (upstream.send(bytes)) this.#progress.accepted(bytes.length);
    else from.notify({ kind: "discarded", bytes: bytes.length });
  }

  /** Types bytes without being attached. @throws AgentdError `shell_ended`, `shell_not_live` when it was taken, `too_busy`. */
  send(bytes: Uint8Array): void {
    this.check();
    if (this.#hold(undefined, bytes)) return;
    this.line.typed(bytes);
    this.#options.onInput();
    this.type(bytes);
  }

  /** Types what is no key of anybody: a run's own line. @throws AgentdError `too_busy`. */
  type(bytes: Uint8Array): void {
    if (this.#options.upstream.send(bytes)) return;
    const name = this.#options.name();
    throw new AgentdError("too_busy", `shell '${name}' does not take more input now · try again later`);
  }

  /** From now on all keys wait, until the returned function is called. */
  hold(): () => void {
    const held = this.#held ?? [];
    this.#held = held;
    return () => {
      if (this.#held !== held) return;
      this.#held = undefined;
      for (const { from, bytes } of held) {
        if (from !== undefined) this.handle(from, bytes);
        else if (!isOver(this.#options.state())) {
          this.line.typed(bytes);
          this.#options.upstream.send(bytes);
        }
      }
    };
  }

  #hold(from: AttachedClient | undefined, bytes: Uint8Array): boolean {
    if (this.#held === undefined) return false;
    const size = this.#held.reduce((sum, held) => sum + held.bytes.length, bytes.length);
    if (size > HELD_BYTES) return false;
    this.#held.push({ from, bytes: bytes.slice() });
    return true;
  }

  /** @throws AgentdError `shell_ended`, `shell_not_live` when it was taken. */
  check(): void {
    const { name, state } = this.#options;
    if (isOver(state())) throw new AgentdError("shell_ended", `shell '${name()}' has ended`);
    if (state().kind === "taken") {
      const text = `${name()} was taken by another client · agentd attach --take ${name()}`;
      throw new AgentdError("shell_not_live", text);
    }
  }

  /** Waiting input was dropped. */
  dropped(): void {
    this.#progress.dropped();
  }

  stop(): void {
    this.#progress.stop();
  }
}
