// The clients attached to one shell, which of them leads, and what size they give it.
import { Channel } from "../../../shared/channel.js";
import type { Notice } from "../../../shared/notice.js";
import type { AttachedInfo } from "../../../shared/rpc.js";
import { type Size, type SizePolicy, sameSize } from "../../../shared/size.js";
import type { Clock } from "../../upstream/clock.js";
import type { AttachedClient } from "./attached-client.js";
import { describeClient } from "./client-info.js";
import { PacedSizes } from "./paced-sizes.js";
import { Refit } from "./refit.js";
import { decide } from "./size-policy.js";

export interface ClientGroupOptions {
  readonly clock: Clock;
  readonly policy: SizePolicy;
  /** The shell's size, as of now. */
  size(): Size;
  /** A full-screen program has the screen, as far as it has been parsed. */
  isAlternate(): boolean;
  /** The clients give the shell this size from now on. */
  onSize(size: Size): void;
  /** Somebody came, left, or took the lead. */
  onChange(): void;
}

/** A question is asked of the leader; so long after it led, an answer may still be on its way. */
const REPLY_PATIENCE_MS = 2000;

/**
 * Invariants:
 * 1. At any moment at most one client sees terminal queries, the leader; during a replay none does. When there is no leader,
 *    `leader` is undefined and the shell's own screen answers.
 * 2. Whether a client is given a frame's bytes was decided before that frame: `canAnswer` holds for all of it.
 * 3. Whoever's screen a change of size has made wrong is drawn anew: all but the one whose terminal made the same change.
 */
export class ClientGroup {
  readonly #options: ClientGroupOptions;
  readonly #clients = new Set<AttachedClient>();
  /** Those whose terminal has the shell's size, and had it when their screen was drawn. */
  readonly #fitting = new WeakSet<AttachedClient>();
  /** Those whose terminal is smaller than the shell: its output does not fit there. */
  readonly #cropped = new WeakSet<AttachedClient>();
  /** Those of them who are given drawings and no bytes: a full-screen program's bytes draw nothing but garbage there. */
  readonly #drawnOnly = new WeakSet<AttachedClient>();
  readonly #refit: Refit;
  /** What the clients say of their sizes. */
  readonly sizes: PacedSizes;
  #policy: SizePolicy;
  /** Whose terminal gives the shell its size just now: that terminal changes by itself. */
  #resizing: AttachedClient | undefined;
  #leader: AttachedClient | undefined;
  /** When each of those who led gave that up, by the monotonic clock. */
  readonly #ledUntil = new WeakMap<AttachedClient, number>();
  #replaying = false;
  #isFinishing = false;
  #inputPaused = false;
  #lastOrder = 0;

  constructor(options: ClientGroupOptions) {
    this.#options = options;
    this.#policy = options.policy;
    this.#refit = new Refit(options.clock);
    this.sizes = new PacedSizes(options.clock, (client, size) => this.#resized(client, size));
  }

  get size(): number {
    return this.#clients.size;
  }

  get leader(): AttachedClient | undefined {
    return this.#leader;
  }

  /** Whether a client's terminal sees the queries in the output, and answers them. */
  get canAnswer(): boolean {
    return this.#leader !== undefined && !this.#leader.isBehind && !this.#drawnOnly.has(this.#leader);
  }

  /** Everybody who is attached, in the order of their arrival. */
  describe(): AttachedInfo[] {
    return [...this.#clients].map((client) => describeClient(client, client === this.#leader));
  }

  /** The next number in the order of arrivals and keystrokes. */
  nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  /** Its first drawing is made for the size that the shell has then. */
  add(client: AttachedClient): void {
    this.#clients.add(client);
    if (this.#inputPaused) client.pauseInput(true);
    const before = this.#options.size();
    this.#elect(client);
    const size = this.#options.size();
    this.#compare(client, size);
    if (!sameSize(size, client.size) && sameSize(size, before)) this.#tellSize(client, size);
    // One that comes back gets no drawing, and may have left before it was drawn for the size that the shell has.
    if (!sameSize(size, client.size) && client.options.resume !== undefined) this.#refit.mark(client);
    this.#options.onChange();
  }

  remove(client: AttachedClient): void {
    if (!this.#clients.delete(client)) return;
    this.#refit.forget(client);
    this.sizes.forget(client);
    this.#elect();
    this.#options.onChange();
  }

  /** `client` typed, or asked to lead. */
  typed(client: AttachedClient): void {
    client.typed = this.nextOrder();
    if (client === this.#leader) return;
    this.#elect();
    if (client === this.#leader) this.#options.onChange();
  }

  /** Whether what `client`'s terminal answers was asked of it: it leads, or did a moment ago. */
  mayReply(client: AttachedClient): boolean {
    if (client === this.#leader) return true;
    const until = this.#ledUntil.get(client);
    return until !== undefined && this.#options.clock.monotonic() - until < REPLY_PATIENCE_MS;
  }

  #resized(client: AttachedClient, newSize: Size): void {
    client.size = newSize;
    const fitted = this.#fitting.has(client);
    this.#elect(client);
    this.#compare(client, this.#options.size());
    const fits = this.#fitting.has(client);
    // A terminal that changes with the shell has moved its lines as the shell has; any other one stands wrong.
    if (!fits || !fitted) this.#refit.mark(client);
    this.#options.onChange();
  }

  /** @param next a size that is set right behind it: the clients are told both together */
  setPolicy(policy: SizePolicy, next?: Size): void {
    const before = this.#options.size();
    const isNews = policy !== this.#policy;
    this.#policy = policy;
    this.#elect();
    const size = this.#options.size();
    if (!isNews || !sameSize(before, size) || !sameSize(size, next ?? size)) return;
    for (const client of this.#clients) {
      this.#tellSize(client, size);
      // What stands on the screen of a window that does not fit names the policy.
      if (!this.#fitting.has(client)) this.#refit.mark(client);
    }
  }

  /** While `on`, nobody sees queries: they were asked in the past. */
  setReplaying(on: boolean): void {
    this.#replaying = on;
    this.#updateFilters();
  }

  deliver(frame: Uint8Array): void {
    const isOutput = frame[0] === Channel.Stdout;
    for (const client of this.#clients) {
      const isDrawn = isOutput && this.#drawnOnly.has(client);
      if (!isDrawn) client.deliver(frame);
      if (!isOutput || this.#fitting.has(client) || !client.options.isTerminal) continue;
      if (isDrawn) this.#refit.markDrawn(client);
      else if (this.#cropped.has(client)) this.#refit.markCropped(client);
      else this.#refit.markRoomy(client);
      this.#chooseForm(client);
    }
  }

  /** Bytes or drawings. Who comes back to bytes gets the screen first: they go on behind it. */
  #chooseForm(client: AttachedClient): void {
    const isDrawn = client.options.isTerminal && this.#cropped.has(client) && this.#options.isAlternate();
    if (isDrawn === this.#drawnOnly.has(client)) return;
    if (isDrawn) this.#drawnOnly.add(client);
    else {
      this.#drawnOnly.delete(client);
      client.redrawScreen();
    }
  }

  notify(notice: Notice): void {
    for (const client of this.#clients) client.notify(notice);
  }

  redraw(): void {
    for (const client of this.#clients) client.redraw();
  }

  pauseInput(paused: boolean): void {
    this.#inputPaused = paused;
    for (const client of this.#clients) client.pauseInput(paused);
  }

  /** Ends every stream; returns how many. */
  finish(notice: Notice): number {
    const leaving = [...this.#clients];
    // One election after all have gone: the sizes of those who are leaving anyway must not reach the shell.
    this.#isFinishing = true;
    for (const client of leaving) {
      if (this.#drawnOnly.has(client)) client.redrawScreen();
      client.finish(notice);
    }
    this.#isFinishing = false;
    this.#elect();
    return leaving.length;
  }

  #elect(cause?: AttachedClient): void {
    if (this.#isFinishing) return;
    const before = this.#options.size();
    const { leader, size } = decide(this.#clients, this.#policy);
    if (this.#leader !== undefined && this.#leader !== leader)
      this.#ledUntil.set(this.#leader, this.#options.clock.monotonic());
    this.#leader = leader;
    this.#updateFilters();
    if (size === undefined || sameSize(size, before)) return;
    this.#resizing = cause;
    this.#options.onSize(size);
    this.#resizing = undefined;
  }

  /** The shell has this size now. */
  announceSize(size: Size): void {
    for (const client of this.#clients) {
      this.#tellSize(client, size);
      if (client === this.#resizing) continue;
      this.#compare(client, size);
      this.#refit.mark(client);
    }
  }

  #compare(client: AttachedClient, size: Size): void {
    const { cols, rows } = client.size;
    if (sameSize(client.size, size)) this.#fitting.add(client);
    else this.#fitting.delete(client);
    if (cols < size.cols || rows < size.rows) this.#cropped.add(client);
    else this.#cropped.delete(client);
    this.#chooseForm(client);
  }

  #tellSize(client: AttachedClient, size: Size): void {
    const policy = this.#policy === "latest" ? {} : { policy: this.#policy };
    client.notify({ kind: "resized", ...size, leads: client === this.#leader, ...policy });
  }

  #updateFilters(): void {
    for (const client of this.#clients) client.filterQueries(this.#replaying || client !== this.#leader);
  }
}
