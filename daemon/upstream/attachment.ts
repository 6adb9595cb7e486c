// What one connection means for the shell: whose shell answered, what was lost, and whether held input may go in.
import { isRuntimeSessionId, isShellId } from "../../shared/names.js";
import type { Status } from "../../shared/status.js";
import { type Clock, sleeplessMs } from "./clock.js";
import type { Have, LinkEvent, LinkVerdict } from "./link.js";
import type { Pacer } from "./pacer.js";
import type { UpstreamIds } from "./target.js";
import { verdictAfterConfirmation, verdictAtOpen } from "./verdict.js";

/** Names in the 101; the first two are the service's, the others the local runtime's. */
const SESSION_ID_HEADER = "x-amzn-bedrock-agentcore-runtime-session-id";
const SHELL_ID_HEADER = "x-amzn-bedrock-agentcore-shell-id";
const EPOCH_HEADER = "x-agentd-epoch";
const OFFSET_HEADER = "x-agentd-offset";
const END_HEADER = "x-agentd-end";
const PID_HEADER = "x-agentd-pid";

/** Held input waits this long for a confirmation, which usually is the first frame, or a proof; nothing else waits for it. */
const CONFIRMATION_GRACE_MS = 1_000;

export interface AttachmentOptions {
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** Nothing was ever connected to under these ids. */
  readonly first: boolean;
  readonly asked: UpstreamIds;
  readonly have: Have | undefined;
  readonly attachOnly: boolean;
  /** Another shell may have taken the place of ours unnoticed, before this connection. */
  readonly inDoubt: boolean;
  /** False: this server has shown that it never sends one. */
  readonly expectConfirmation: boolean;
  onLink(event: LinkEvent): void;
}

/**
 * Invariant: input that was held for the old shell goes only into `same` (or the very first shell). For any other
 * verdict it is discarded and the event that reports the verdict says how much; what is typed after that flows.
 */
export class Attachment {
  readonly #options: AttachmentOptions;
  #verdict: LinkVerdict = "unknown";
  #ids: UpstreamIds;
  #epoch: string | undefined;
  #opened = false;
  #settled = false;
  #confirmed = false;
  #stopped = false;
  #bytesDropped = 0;
  #gapKnown = false;
  #reported = false;
  #cancelGrace: (() => void) | undefined;

  constructor(options: AttachmentOptions) {
    this.#options = options;
    this.#ids = options.asked;
  }

  get verdict(): LinkVerdict {
    return this.#verdict;
  }

  /** The ids in force. */
  get ids(): UpstreamIds {
    return this.#ids;
  }

  /** True when the server speaks exact mode. */
  get exact(): boolean {
    return this.#epoch !== undefined;
  }

  /** True after the 101. */
  get opened(): boolean {
    return this.#opened;
  }

  /** True when it is decided what becomes of held input. */
  get settled(): boolean {
    return this.#settled;
  }

  /** True when a confirmation came. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  handleOpen(headers: Readonly<Record<string, string>>): void {
    const options = this.#options;
    const { have } = options;
    this.#opened = true;
    const answered = idsIn(headers);
    this.#epoch = /^[0-9a-f-]{36}$/i.exec(headers[EPOCH_HEADER] ?? "")?.[0];
    this.#ids = { ...options.asked, ...answered };
    this.#verdict = verdictAtOpen({ ...options, answered, epoch: this.#epoch });
    const offset = this.#epoch === undefined ? undefined : countIn(headers[OFFSET_HEADER]);
    const end = this.#epoch === undefined ? undefined : countIn(headers[END_HEADER]);
    const pid = countIn(headers[PID_HEADER]);
    const gap =
      this.#verdict === "same" && have?.epoch === this.#epoch && have !== undefined && offset !== undefined
        ? Math.max(0, offset - have.offset)
        : undefined;
    this.#gapKnown = gap !== undefined;
    const undecided =
      this.#verdict === "unknown" && (options.expectConfirmation || options.pacer.queuedBytes > 0);
    const heldDiscarded = undecided ? 0 : this.#settle();
    options.onLink({
      kind: "live",
      verdict: this.#verdict,
      ...(this.#epoch === undefined ? {} : { epoch: this.#epoch }),
      ...(offset === undefined ? {} : { offset }),
      ...(end === undefined ? {} : { end }),
      ...(gap === undefined ? {} : { gap }),
      ids: this.#ids,
      ...(pid === undefined ? {} : { pid }),
      ...(heldDiscarded === 0 ? {} : { heldDiscarded }),
    });
    if (undecided) {
      this.#cancelGrace = options.clock.setTimeout(() => this.#reportFinal(0), CONFIRMATION_GRACE_MS);
    }
  }

  handleConfirmation(confirmation: Extract<Status, { kind: "confirmation" }>): void {
    this.#confirmed = true;
    const before = this.#verdict;
    this.#verdict = verdictAfterConfirmation(before, confirmation.reconnected, this.#options.inDoubt);
    // The count is for this connection; a second confirmation may repeat it or come with a higher one. An exact gap has said it.
    const said = this.#gapKnown ? 0 : (confirmation.bytesDropped ?? 0);
    const dropped = Math.max(0, said - this.#bytesDropped);
    this.#bytesDropped += dropped;
    if (!this.#settled || this.#verdict !== before || dropped > 0) this.#reportFinal(dropped);
  }

  /** The replay has been compared with what was delivered before. @param sameShell it proves that this is the same shell. */
  handleReplay(sameShell: boolean): void {
    if (this.#verdict !== "unknown" || this.#stopped) return;
    if (sameShell) this.#verdict = "same";
    else if (this.#reported || this.#options.expectConfirmation) return;
    this.#reportFinal(0);
  }

  /** The connection ended: nothing is reported any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelGrace?.();
    this.#options.pacer.closeGate(sleeplessMs(this.#options.clock));
  }

  #reportFinal(bytesDropped: number): void {
    const heldDiscarded = this.#settle();
    this.#reported = true;
    this.#options.onLink({
      kind: "confirmed",
      verdict: this.#verdict,
      bytesDropped,
      ...(heldDiscarded === 0 ? {} : { heldDiscarded }),
    });
  }

  /** Lets input flow, once per connection; returns how many held bytes were discarded. */
  #settle(): number {
    this.#cancelGrace?.();
    if (this.#settled) return 0;
    this.#settled = true;
    const mayKeep = this.#verdict === "same" || this.#verdict === "first";
    return this.#options.pacer.openGate(sleeplessMs(this.#options.clock), mayKeep);
  }
}

/** The ids a 101 names, as far as they are usable; without these headers our own stay in force. */
function idsIn(headers: Readonly<Record<string, string>>): Partial<UpstreamIds> {
  const runtimeSessionId = headers[SESSION_ID_HEADER];
  const shellId = headers[SHELL_ID_HEADER];
  return {
    ...(runtimeSessionId !== undefined && isRuntimeSessionId(runtimeSessionId) ? { runtimeSessionId } : {}),
    ...(shellId !== undefined && isShellId(shellId) ? { shellId } : {}),
  };
}

function countIn(value: string | undefined): number | undefined {
  const count = /^\d{1,16}$/.test(value ?? "") ? Number(value) : Number.NaN;
  return Number.isSafeInteger(count) ? count : undefined;
}
