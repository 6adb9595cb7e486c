// What an upstream has learned about its server: how to sign for it, and which dialect it speaks.
import type { Attachment } from "../attachment.js";
import type { ConnectionEnd, Outcome } from "../outcome.js";
import type { UpstreamTarget } from "../target.js";

/** A confirmation that did not come in this time will not come: this server does not send them. */
const NO_CONFIRMATION_AFTER_MS = 2_000;

/** Nothing here is about a shell; what is wrong costs a second or a retry, never a byte. */
export class ServerKnowledge {
  /** The service's clock minus ours, milliseconds. */
  clockOffsetMs = 0;
  /** The service refused the credentials: forget cached ones before signing again. */
  freshCredentials = false;
  #exact: boolean;
  #confirms = true;

  constructor(target: UpstreamTarget) {
    // A custom endpoint may be ours: the header is then worth trying. AWS gets it only after it has shown to speak it.
    this.#exact = target.kind === "local" || target.endpointUrl !== undefined;
  }

  /** Worth telling what we have: the server speaks exact mode, or may. */
  get mayBeExact(): boolean {
    return this.#exact;
  }

  /** False: this server has shown that it sends no confirmations. */
  get confirms(): boolean {
    return this.#confirms;
  }

  learnFromConnection(attachment: Attachment, end: ConnectionEnd): void {
    if (attachment.exact) this.#exact = true;
    if (attachment.confirmed) this.#confirms = true;
    else if (end.kind === "closed" && end.started && end.ageMs > NO_CONFIRMATION_AFTER_MS) {
      this.#confirms = false;
    }
  }

  learnFromOutcome(outcome: Outcome): void {
    if (outcome.kind === "retry") this.clockOffsetMs = outcome.clockOffsetMs ?? this.clockOffsetMs;
    this.freshCredentials = outcome.kind === "wait" && outcome.for === "credentials";
  }
}
