// A pass: what one printed address opens in a browser, for how long, and what is kept of it on the disk.
import { type KnownShell, sameShell } from "../../shared/present-name.js";
import type { ShellInfo } from "../../shared/rpc.js";

/** `owner`: all that the user can do with shells. `link`: see and type only, perhaps less. */
export type WebPassKind = "owner" | "link";

export type ShellIdentity = Omit<KnownShell, "name">;

export interface WebPass {
  /** Names it in `web.ls` and `web.revoke`; no secret. */
  readonly id: string;
  readonly kind: WebPassKind;
  /** The only shell that it opens, by its present name; absent: every shell. */
  readonly shell?: string;
  /** Which of all the shells that may ever have that name. */
  readonly shellIdentity?: ShellIdentity;
  readonly readOnly: boolean;
  /** Wall clock milliseconds, as all times here. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly usedAt: number;
  /** Whether a browser has exchanged its key. */
  readonly isOpened: boolean;
  /** It opens nothing any more; its sockets are closed a moment later. */
  readonly isOver?: true;
}

/** A pass as the state file has it. */
export interface StoredPass extends Omit<WebPass, "isOpened" | "isOver"> {
  /** SHA-256 of the token, base64url: the token itself is nowhere but in the browser. */
  readonly tokenHash: string;
}

/** What a browser is told of its pass. */
export interface WebScope {
  readonly shell?: string;
  /** Whether it may make, rename and kill shells. */
  readonly owner: boolean;
  readonly readOnly: boolean;
  readonly expiresAt?: string;
}

export function scopeOf({ kind, shell, readOnly, expiresAt }: WebPass): WebScope {
  return {
    ...(shell === undefined ? {} : { shell }),
    owner: kind === "owner",
    readOnly,
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  };
}

/** `pass` for the next daemon, whose shells these are; undefined: its shell is not among them, whoever has the name. */
export function passAmong(pass: StoredPass, shells: readonly ShellInfo[]): StoredPass | undefined {
  if (pass.shell === undefined) return pass;
  if (pass.shellIdentity === undefined) return undefined;
  const same = sameShell(shells, { name: pass.shell, ...pass.shellIdentity });
  return same === undefined ? undefined : { ...pass, shell: same.name };
}

/** What of a shell outlives its name. */
export function identityOf({ createdAt, runtimeSessionId, shellId }: ShellInfo): ShellIdentity {
  return { createdAt, runtimeSessionId, shellId };
}

function isIdentity(value: unknown): value is ShellIdentity {
  if (typeof value !== "object" || value === null) return false;
  const { createdAt, runtimeSessionId, shellId } = value as Partial<ShellIdentity>;
  return [createdAt, runtimeSessionId, shellId].every((part) => typeof part === "string");
}

/** Whether `value`, read from a file, is one. */
export function isStoredPass(value: unknown): value is StoredPass {
  if (typeof value !== "object" || value === null) return false;
  const pass = value as Partial<StoredPass>;
  return (
    typeof pass.id === "string" &&
    (pass.kind === "owner" || pass.kind === "link") &&
    (pass.shell === undefined || typeof pass.shell === "string") &&
    (pass.shellIdentity === undefined || isIdentity(pass.shellIdentity)) &&
    typeof pass.readOnly === "boolean" &&
    Number.isFinite(pass.createdAt) &&
    Number.isFinite(pass.usedAt) &&
    (pass.expiresAt === undefined || Number.isFinite(pass.expiresAt)) &&
    typeof pass.tokenHash === "string" &&
    /^[\w-]{43}$/.test(pass.tokenHash)
  );
}
