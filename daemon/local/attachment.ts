// The order of things on one connection: confirmation, replay, live output, and how it ends.
import { encodeConfirmation, encodeTermination, type ShellExit } from "../../shared/status.js";
import type { Knobs } from "./knobs.js";
import { replayPieces } from "./replay-plan.js";
import type { ShellConnection } from "./shell-connection.js";

export interface AttachmentOptions {
  readonly connection: ShellConnection;
  readonly knobs: Knobs;
  readonly shellId: string;
  readonly reconnected: boolean;
  /** What the confirmation reports; 0 is not reported. */
  readonly bytesDropped: number;
  /** Absolute offset of the first byte of `replay`. */
  readonly from: number;
  /** Output to send before anything that `output` brings. */
  readonly replay: Uint8Array;
  /** From now on `output` goes straight out. */
  onLive(): void;
}

/** With `confirmation: "after-first-output"` and no output, the confirmation comes after this long. */
const QUIET_CONFIRMATION_MS = 1000;

/**
 * Invariants: replayed and live output form one stream without a gap, because output that comes before the replay was
 * sent is kept behind it; the owner pauses the terminal until `onLive`, so that what is kept stays small; the
 * termination STATUS is the last frame.
 */
export class Attachment {
  readonly connection: ShellConnection;
  readonly #options: AttachmentOptions;
  #held: Uint8Array[] = [];
  #live = false;
  #confirmed = false;
  #ending: (() => void) | undefined;

  constructor(options: AttachmentOptions) {
    this.connection = options.connection;
    this.#options = options;
  }

  /** Absolute offset of the first byte that has not been sent. */
  get sentOffset(): number {
    return this.#options.from + this.connection.outputBytes;
  }

  get isLive(): boolean {
    return this.#live;
  }

  start(): void {
    this.#after(this.#options.knobs.confirmationDelayMs, () => this.#confirm());
  }

  output(bytes: Uint8Array): void {
    if (!this.#live) {
      this.#held.push(bytes);
      return;
    }
    this.connection.sendOutput(bytes);
    if (this.#options.knobs.confirmation === "after-first-output") this.#sendConfirmation(true);
  }

  /** The shell exited: STATUS after the last output, then the close. */
  exited(exit: ShellExit): void {
    const { knobs } = this.#options;
    this.#finish(() => {
      this.connection.sendStatus(encodeTermination(exit));
      if (knobs.exitClosedBy === "client") return;
      this.#after(knobs.exitCloseDelayMs, () => this.connection.close(knobs.exitCloseCode));
    });
  }

  /** The shell was killed by a client's CLOSE frame and is gone now. */
  killed(exit: ShellExit): void {
    const { knobs } = this.#options;
    this.#finish(() => {
      if (knobs.killStatus) this.connection.sendStatus(encodeTermination(exit));
      this.connection.close(knobs.killCloseCode);
    });
  }

  #confirm(): void {
    const { confirmation, firstOutputDelayMs, initFailure } = this.#options.knobs;
    if (initFailure === "close" || initFailure === "status") {
      this.#fail(initFailure === "status");
      return;
    }
    if (confirmation === "before-replay") this.#sendConfirmation(true);
    if (confirmation === "also-post-drain") this.#sendConfirmation(false);
    if (initFailure === "status-after-confirmation") this.#fail(true);
    else this.#after(firstOutputDelayMs, () => this.#goLive());
  }

  #goLive(): void {
    const { knobs, replay } = this.#options;
    this.#live = true;
    const held = this.#held;
    this.#held = [];
    for (const piece of replayPieces(replay, knobs.replayChunkBytes, knobs.replayChunkSeed))
      this.output(piece);
    for (const bytes of held) this.output(bytes);
    if (knobs.confirmation === "also-post-drain") this.#sendConfirmation(true);
    if (knobs.confirmation === "after-first-output")
      this.#after(QUIET_CONFIRMATION_MS, () => this.#sendConfirmation(true));
    this.#ending?.();
    this.#options.onLive();
  }

  /** @param final this one reports the dropped bytes, and is the last. */
  #sendConfirmation(final: boolean): void {
    if (this.#confirmed) return;
    this.#confirmed = final;
    const { shellId, reconnected, bytesDropped } = this.#options;
    this.connection.sendStatus(encodeConfirmation(shellId, reconnected, final ? bytesDropped : 0));
  }

  #fail(withStatus: boolean): void {
    const message = "the shell could not be initialised";
    if (withStatus) this.connection.sendStatus(encodeTermination({ kind: "unknown", message }));
    this.#after(this.#options.knobs.exitCloseDelayMs, () =>
      this.connection.close(1011, "initialization failed"),
    );
  }

  #finish(end: () => void): void {
    if (this.#live) end();
    else this.#ending = end;
  }

  /** Runs at once for 0: then everything leaves in the turn of the upgrade. */
  #after(delayMs: number, run: () => void): void {
    const unlessDetached = () => {
      if (!this.connection.isDetached) run();
    };
    if (delayMs === 0) unlessDetached();
    else setTimeout(unlessDetached, delayMs);
  }
}
