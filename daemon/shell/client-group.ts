// The clients attached to one shell, and which of them leads.
import type { Notice } from "../../shared/notice.js";
import { type Size, sameSize } from "../../shared/size.js";
import type { AttachedClient } from "./attached-client.js";
import { leaderOf } from "./size-policy.js";

export interface ClientGroupOptions {
  /** The leader's size counts from now on. */
  onSize(size: Size): void;
  /** Somebody came, left, or took the lead. */
  onChange(): void;
}

/**
 * Invariant: at any moment at most one client sees terminal queries, the leader; during a replay none does. When there
 * is no leader, `leader` is undefined and the shell's own screen answers.
 */
export class ClientGroup {
  readonly #options: ClientGroupOptions;
  readonly #clients = new Set<AttachedClient>();
  #leader: AttachedClient | undefined;
  #replaying = false;
  #isFinishing = false;
  #inputPaused = false;
  #lastOrder = 0;

  constructor(options: ClientGroupOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#clients.size;
  }

  get leader(): AttachedClient | undefined {
    return this.#leader;
  }

  /** Whether a client's terminal sees the queries in the output, and answers them. */
  get canAnswer(): boolean {
    return this.#leader !== undefined && !this.#leader.isBehind;
  }

  /** The next number in the order of arrivals and keystrokes. */
  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  add(client: AttachedClient): void {
    this.#clients.add(client);
    if (this.#inputPaused) client.pauseInput();
    this.#elect();
    this.#options.onChange();
  }

  remove(client: AttachedClient): void {
    if (!this.#clients.delete(client)) return;
    this.#elect();
    this.#options.onChange();
  }

  /** `client` typed, or asked to lead. */
  typed(client: AttachedClient): void {
    client.typed = this.nextOrder();
    if (client !== this.#leader) this.#elect();
  }

  /** `client` measured itself anew. */
  resized(client: AttachedClient): void {
    if (client === this.#leader) this.#options.onSize(client.size);
  }

  /** While `on`, nobody sees queries: they were asked in the past. */
  setReplaying(on: boolean): void {
    this.#replaying = on;
    this.#updateFilters();
  }

  deliver(frame: Uint8Array): void {
    for (const client of this.#clients) client.deliver(frame);
  }

  notify(notice: Notice): void {
    for (const client of this.#clients) client.notify(notice);
  }

  redraw(): void {
    for (const client of this.#clients) client.redraw();
  }

  pauseInput(paused: boolean): void {
    this.#inputPaused = paused;
    for (const client of this.#clients) {
      if (paused) client.pauseInput();
      else client.resumeInput();
    }
  }

  /** Ends every stream; returns how many. */
  finish(notice: Notice): number {
    const leaving = [...this.#clients];
    // One election after all have gone: the sizes of those who are leaving anyway must not reach the shell.
    this.#isFinishing = true;
    for (const client of leaving) client.finish(notice);
    this.#isFinishing = false;
    this.#elect();
    return leaving.length;
  }

  /** Tells every client the size of the shell, and whether it decides it. */
  announceSize(size: Size): void {
    for (const client of this.#clients) {
      const leads = client === this.#leader;
      if (!leads || !sameSize(client.size, size)) client.notify({ kind: "resized", ...size, leads });
    }
  }

  #elect(): void {
    if (this.#isFinishing) return;
    const leader = leaderOf(this.#clients);
    if (leader !== this.#leader) {
      this.#leader = leader;
      if (leader !== undefined) this.#options.onSize(leader.size);
    }
    this.#updateFilters();
  }

  #updateFilters(): void {
    for (const client of this.#clients) client.filterQueries(this.#replaying || client !== this.#leader);
  }
}
