// The way in: a printed one-time key becomes this tab's token, and the token goes only to the daemon that issued it.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { newNonce, proofOf, tokenId } from "./proof.js";

/** What a link allows. `shell`: only this one. `owner`: making, renaming and killing shells too. */
export interface Scope {
  readonly shell?: string;
  readonly owner: boolean;
  readonly readOnly: boolean;
  /** ISO 8601. */
  readonly expiresAt?: string;
}

/**
 * Why there is no way in. `used`: the key was used, or is too old. `ended`: the token is not known any more. `stranger`:
 * who answers is not the daemon that issued the secret. `busy`: too many attempts. `unreachable`: nobody answers.
 */
export type DoorFailure = "used" | "ended" | "stranger" | "busy" | "unreachable" | "none";

export class DoorClosed extends Error {
  readonly why: DoorFailure;

  constructor(why: DoorFailure) {
    super(why);
    this.why = why;
  }
}

export interface DoorDeps {
  /** `location.host`: where the page is from, and whoever is asked has to be. */
  readonly host: string;
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** `sessionStorage`: this tab's alone, and gone with it. */
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

const STORED = "agentd.token";
const ANSWER_LIMIT_MS = 5000;

/**
 * Invariants: the token leaves this page only after whoever is asked has proved to know its hash. And it is stored only until somebody
 * answers without that proof: a page that is loaded anew then runs the script of whoever has the port, who must not find it there.
 */
export class Door {
  readonly #deps: DoorDeps;
  #token: string | null;

  constructor(deps: DoorDeps) {
    this.#deps = deps;
    this.#token = deps.storage.getItem(STORED);
  }

  get hasToken(): boolean {
    return this.#token !== null;
  }

  /** Exchanges the key of a printed link. @throws DoorClosed */
  async enter(key: string): Promise<void> {
    const nonce = newNonce();
    const response = await this.#post("/session", { key, nonce });
    if (!response.ok) throw new DoorClosed(response.status === 429 ? "busy" : "used");
    const answer = await readJson(response);
    if (
      answer["proof"] !== (await proofOf(key, nonce, this.#deps.host)) ||
      typeof answer["token"] !== "string"
    )
      throw new DoorClosed("stranger");
    this.#token = answer["token"];
    this.#deps.storage.setItem(STORED, answer["token"]);
  }

  /** The token, once the server has proved that it issued it. @throws DoorClosed */
  async provenToken(): Promise<string> {
    const token = this.#token;
    if (token === null) throw new DoorClosed("none");
    try {
      await this.#checkProof(token);
    } catch (error) {
      if (!(error instanceof NobodyThere)) this.#deps.storage.removeItem(STORED);
      throw error;
    }
    this.#deps.storage.setItem(STORED, token);
    return token;
  }

  async #checkProof(token: string): Promise<void> {
    const nonce = newNonce();
    const response = await this.#post("/session/prove", { nonce, tokenId: await tokenId(token) });
    if (response.status === 429) throw new DoorClosed("busy");
    if (response.status >= 500) throw new DoorClosed("unreachable");
    if (response.status === 401) throw new DoorClosed("ended");
    if (!response.ok) throw new DoorClosed("stranger");
    const answer = await readJson(response);
    if (answer["proof"] !== (await proofOf(token, nonce, this.#deps.host))) throw new DoorClosed("stranger");
  }

  async #post(path: string, body: Readonly<Record<string, string>>): Promise<Response> {
    try {
      return await this.#deps.fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
    } catch (error) {
      const isSlow = error instanceof DOMException && error.name === "TimeoutError";
      throw isSlow ? new DoorClosed("unreachable") : new NobodyThere();
    }
  }
}

/** No connection was made. */
class NobodyThere extends DoorClosed {
  constructor() {
    super("unreachable");
  }
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    const value: unknown = await response.json();
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not JSON: no daemon of ours.
  }
  throw new DoorClosed("stranger");
}

/** A way in that is closed, in words. `again`: trying once more may help. */
export interface Closed {
  readonly title: string;
  readonly text: string;
  readonly again: boolean;
}

/** The page's words for it: what happened, and what to do. */
export function doorText(why: DoorFailure): Closed {
  // The same secret never opens again once it has ended; another one may be this tab's.
  return { ...wordsFor(why), again: why !== "ended" };
}

function wordsFor(why: DoorFailure): Omit<Closed, "again"> {
  switch (why) {
    case "used":
      return {
        title: "This link was used already, or is too old",
        text: "A link works once, within a minute. agentd web prints a new one.",
      };
    case "ended":
      // Its reader may be its owner, or somebody who was given a link of a shell that is gone now.
      return {
        title: "This link has ended",
        text: "Its time is over, its shell is gone, or it was taken back. agentd web prints a new one, for whoever made this one.",
      };
    case "stranger":
      return {
        title: "Somebody else answers here",
        text: "Another program has taken the port of your agentd; nothing was sent to it. agentd web prints a new link.",
      };
    case "busy":
      return { title: "Too many attempts", text: "Wait a minute, then open the link again." };
    case "unreachable":
      return {
        title: "agentd does not answer",
        text: "agentd daemon start brings it back; this page goes on by itself.",
      };
    case "none":
      return { title: "This page needs a link", text: "Run agentd web in a terminal: it prints one." };
    default:
      return { title: "No way in", text: "agentd web prints a new link." };
  }
}
