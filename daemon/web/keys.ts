// One-time keys and session tokens: who has shown which, and what it opens. Pure state with a clock.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AgentdError } from "../../shared/errors.js";
import { type ShellIdentity, type StoredPass, scopeOf, type WebPass, type WebScope } from "./pass.js";

const SECRET_BYTES = 32;
const ID_BYTES = 4;
/** How long an address that was printed can be opened. */
const KEY_MS = 60_000;
/** A pass that nobody uses ends. */
const IDLE_MS = 12 * 60 * 60 * 1000;
const MAX_PASSES = 64;
/** The first bytes of a token's hash name it; base64url. */
const TOKEN_ID_BYTES = 8;

const SECRET = /^[\w-]{43}$/;
const NONCE = /^[\w-]{22,128}$/;

type Changing<T> = { -readonly [K in keyof T]: T[K] };
interface Entry {
  readonly pass: Changing<WebPass>;
  /** SHA-256 of the key, until it is used or too old; then of the token. */
  key?: { readonly hash: Buffer; readonly until: number };
  token?: Buffer;
}

export interface PassRequest extends Pick<WebPass, "kind" | "readOnly"> {
  readonly shell?: string | undefined;
  readonly shellIdentity?: ShellIdentity | undefined;
  /** From now. */
  readonly expiresInMs?: number | undefined;
}

export interface WebKeysOptions {
  /** Wall clock milliseconds: passes outlive the process. */
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
  readonly stored?: readonly StoredPass[];
}

/**
 * Invariants: a key opens once, within 60 s; of keys and tokens only hashes are kept, compared in constant time; a pass that has
 * expired, was revoked, or was idle for 12 h opens nothing.
 *
 * A proof is HMAC-SHA256 with SHA-256(secret) as its key over the nonce and the checked Host, all as text: whoever can make it has been
 * given the secret before, or its hash. So a page knows, before it shows its token, that it does not talk to a stranger on the same
 * port; nor to one who passes its question on to where we listen now, for our Host is another one then.
 */
export class WebKeys {
  readonly #options: WebKeysOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: WebKeysOptions) {
    this.#options = options;
    for (const { tokenHash, ...pass } of options.stored ?? []) {
      const token = Buffer.from(tokenHash, "base64url");
      this.#entries.set(pass.id, { pass: { ...pass, isOpened: true }, token });
    }
  }

  /** A new pass and its one-time key. @throws AgentdError `too_busy`. */
  issue({ kind, readOnly, shell, shellIdentity, expiresInMs }: PassRequest): { key: string; pass: WebPass } {
    this.sweep();
    if (this.#entries.size >= MAX_PASSES) this.#forgetIdle();
    if (this.#entries.size >= MAX_PASSES)
      throw new AgentdError("too_busy", `${MAX_PASSES} links exist · agentd web ls, agentd web revoke ID`);
    const now = this.#options.now();
    const pass: WebPass = {
      id: this.#freeId(),
      kind,
      readOnly,
      ...(shell === undefined ? {} : { shell }),
      ...(shellIdentity === undefined ? {} : { shellIdentity }),
      createdAt: now,
      ...(expiresInMs === undefined ? {} : { expiresAt: now + expiresInMs }),
      usedAt: now,
      isOpened: false,
    };
    const key = this.#secret();
    this.#entries.set(pass.id, { pass, key: { hash: digest(key), until: now + KEY_MS } });
    return { key, pass };
  }

  /** Trades a key for a token, once. Undefined: no such key, or no more. */
  exchange(
    key: unknown,
    nonce: unknown,
    host: string,
  ): { token: string; proof: string; scope: WebScope; id: string } | undefined {
    this.sweep();
    if (!isMatch(key, SECRET) || !isMatch(nonce, NONCE)) return undefined;
    const hash = digest(key);
    const entry = this.#find((candidate) => candidate.key !== undefined && same(candidate.key.hash, hash));
    if (entry === undefined) return undefined;
    const token = this.#secret();
    delete entry.key;
    entry.token = digest(token);
    entry.pass.isOpened = true;
    entry.pass.usedAt = this.#options.now();
    return { token, proof: prove(hash, nonce, host), scope: scopeOf(entry.pass), id: entry.pass.id };
  }

  /** The proof for the token of which `tokenId` is the name. Undefined: it opens nothing any more. */
  prove(tokenId: unknown, nonce: unknown, host: string): string | undefined {
    this.sweep();
    if (!isMatch(tokenId, /^[\w-]{11}$/) || !isMatch(nonce, NONCE)) return undefined;
    const wanted = Buffer.from(tokenId, "base64url");
    const entry = this.#find(
      ({ token }) => token !== undefined && same(token.subarray(0, TOKEN_ID_BYTES), wanted),
    );
    return entry?.token === undefined ? undefined : prove(entry.token, nonce, host);
  }

  /** The pass that `token` stands for; undefined: it opens nothing, or no more. */
  open(token: unknown): WebPass | undefined {
    this.sweep();
    if (!isMatch(token, SECRET)) return undefined;
    const hash = digest(token);
    const entry = this.#find((candidate) => candidate.token !== undefined && same(candidate.token, hash));
    if (entry === undefined) return undefined;
    entry.pass.usedAt = this.#options.now();
    return entry.pass;
  }

  /** It is in use. */
  touch(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.pass.usedAt = this.#options.now();
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** The passes, oldest first. */
  list(): readonly WebPass[] {
    this.sweep();
    return [...this.#entries.values()].map(({ pass }) => pass);
  }

  revoke(id: string): boolean {
    return this.#forget(id);
  }

  /** A link goes with its shell, to another name or away. Returns whether one did. */
  follow(from: string, to: string | undefined): boolean {
    const followers = [...this.#entries.values()].filter(({ pass }) => pass.shell === from);
    for (const { pass } of followers) {
      if (to === undefined) this.#forget(pass.id);
      else pass.shell = to;
    }
    return followers.length > 0;
  }

  /** What must outlive this process: passes that a browser has. */
  stored(): StoredPass[] {
    this.sweep();
    return [...this.#entries.values()].flatMap(({ pass: { isOpened: _, ...pass }, token }) =>
      token === undefined ? [] : [{ ...pass, tokenHash: token.toString("base64url") }],
    );
  }

  /** Forgets what has run out. */
  sweep(): void {
    const now = this.#options.now();
    for (const { pass, key, token } of this.#entries.values()) {
      const isOver =
        (pass.expiresAt !== undefined && now >= pass.expiresAt) ||
        (token === undefined && (key === undefined || now >= key.until)) ||
        (token !== undefined && now - pass.usedAt >= IDLE_MS);
      if (isOver) this.#forget(pass.id);
    }
  }

  /** An address costs its owner a word to print again, unlike a link that somebody was given. */
  #forgetIdle(): void {
    const owners = [...this.#entries.values()].filter(({ pass }) => pass.kind === "owner");
    const [idlest] = owners.sort((a, b) => a.pass.usedAt - b.pass.usedAt);
    if (idlest !== undefined && this.#options.now() - idlest.pass.usedAt > KEY_MS)
      this.#forget(idlest.pass.id);
  }

  /** Who holds the pass, holds nothing from now on. */
  #forget(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.pass.isOver = true;
    return this.#entries.delete(id);
  }

  #find(test: (entry: Entry) => boolean): Entry | undefined {
    // Every entry is looked at: how long this takes must not tell which one it was.
    return [...this.#entries.values()].filter(test)[0];
  }

  #secret(): string {
    return this.#options.random(SECRET_BYTES).toString("base64url");
  }

  #freeId(): string {
    for (;;) {
      const id = this.#options.random(ID_BYTES).toString("hex");
      if (!this.#entries.has(id)) return id;
    }
  }
}

function digest(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function prove(hash: Buffer, nonce: string, host: string): string {
  return createHmac("sha256", hash).update(`${nonce} ${host}`).digest("base64url");
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function isMatch(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}
