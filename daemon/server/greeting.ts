// What a client has said about itself, and which methods that opens.
import { AgentdError } from "../../shared/errors.js";
import { PROTOCOL_VERSION } from "../../shared/rpc.js";

/** What a client of another protocol version may do: see who is there, and end it. */
const METHODS_OF_ALL_VERSIONS: ReadonlySet<string> = new Set(["hello", "daemon.status", "daemon.stop"]);

/** Invariant: no method runs before a hello; of another protocol version only those that all versions have. */
export class Greeting {
  #state: "none" | "other-version" | "greeted" = "none";

  /** The client speaks our protocol. */
  get isComplete(): boolean {
    return this.#state === "greeted";
  }

  /** No valid hello so far. */
  get isMissing(): boolean {
    return this.#state === "none";
  }

  /** @throws AgentdError `protocol_mismatch`, `invalid_request` for a second hello. */
  accept(protocol: number): void {
    if (this.#state === "greeted") throw new AgentdError("invalid_request", "hello was said before");
    this.#state = protocol === PROTOCOL_VERSION ? "greeted" : "other-version";
    if (this.#state === "greeted") return;
    throw new AgentdError(
      "protocol_mismatch",
      `the client speaks protocol ${protocol} and the daemon ${PROTOCOL_VERSION} · run: agentd daemon restart (shells stay)`,
      { details: { protocol: PROTOCOL_VERSION } },
    );
  }

  /** @throws AgentdError `invalid_request`. */
  checkMayCall(method: string): void {
    const allowed =
      this.#state === "greeted" ||
      (this.#state === "other-version" && METHODS_OF_ALL_VERSIONS.has(method)) ||
      method === "hello";
    if (!allowed) throw new AgentdError("invalid_request", "the first call is hello, with the same protocol");
  }
}
