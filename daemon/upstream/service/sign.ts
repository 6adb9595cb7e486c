// Authorizes one connection: the only file that ever holds AWS credentials or a bearer token.
import { readFile, stat } from "node:fs/promises";
import { AgentdError } from "../../../shared/errors.js";
import { printable } from "../../../shared/names.js";
import type { Clock } from "../clock.js";
import type { AgentCoreTarget } from "../target.js";

export interface SignRequest {
  readonly target: AgentCoreTarget;
  readonly url: URL;
  /** Absent: an upgrade, which is a GET without a body. */
  readonly post?: Uint8Array;
  /** Signed together with what signing adds; lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Added to our clock: how far the service's clock is ahead of ours, milliseconds. */
  readonly clockOffsetMs: number;
  /** The service refused the last credentials: forget cached ones first. */
  readonly fresh: boolean;
}

/** Returns the headers to send: the given ones, `host`, and the authorization. @throws AgentdError `no_credentials`. */
export type Sign = (request: SignRequest) => Promise<Record<string, string>>;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Returns valid credentials, refreshing them when they are about to expire. */
export type CredentialProvider = () => Promise<Credentials>;

export interface SignerOptions {
  readonly clock: Pick<Clock, "now">;
  /** Makes the provider of a profile; `fresh`: past all caches. Default: the chain of the AWS SDK. */
  readonly providerFor?: (profile: string | undefined, fresh: boolean) => Promise<CredentialProvider>;
  /** Tokens that were given by value. */
  readonly heldTokens?: HeldTokens;
  /** Told every secret that is used, so that no log can ever show it. */
  readonly hide?: (secret: string) => void;
}

/** From the protocol: the service's name in the signature. */
const SIGNING_NAME = "bedrock-agentcore";

/** Our bound; the service's clients take tokens of at most 4,096 characters. */
const MAX_TOKEN_BYTES = 16 * 1024;

/** RFC 6750 `b64token`: nothing that could end a header line. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Bearer tokens that came by value: in memory only, so that no file ever holds one, and gone with this process. */
export class HeldTokens {
  readonly #tokens = new Map<string, string>();

  /** @param id what a target names it by. @throws AgentdError `usage` for what cannot be a token. */
  hold(id: string, token: string): void {
    if (token.length > MAX_TOKEN_BYTES || !BEARER_TOKEN.test(token))
      throw new AgentdError("usage", "the bearer token is not one token");
    this.#tokens.set(id, token);
  }

  drop(id: string): void {
    this.#tokens.delete(id);
  }

  get(id: string): string | undefined {
    return this.#tokens.get(id);
  }
}

/** Makes the one signer of a daemon. Providers are kept per profile, so that shells share a login. */
export function createSigner(options: SignerOptions): Sign {
  const providerFor = options.providerFor ?? nodeProvider;
  const providers = new Map<string | undefined, Promise<CredentialProvider>>();

  const credentialsOf = async (profile: string | undefined, fresh: boolean): Promise<Credentials> => {
    try {
      let provider = providers.get(profile);
      if (provider === undefined || fresh) {
        provider = providerFor(profile, fresh);
        providers.set(profile, provider);
      }
      const credentials = await (await provider)();
      for (const secret of Object.values(credentials)) if (typeof secret === "string") options.hide?.(secret);
      return credentials;
    } catch (error) {
      // A long-lived provider keeps what failed (an expired SSO login): the next attempt starts with a new one.
      providers.delete(profile);
      throw noCredentials(profile, error);
    }
  };

  return async ({ target, url, headers, post, clockOffsetMs, fresh }) => {
    const token = await tokenOf(target, options.heldTokens);
    if (token !== undefined) {
      options.hide?.(token);
      return { ...headers, host: url.host, authorization: `Bearer ${token}` };
    }
    const { Sha256, SignatureV4 } = await import("./aws.js");
    const signer = new SignatureV4({
      service: SIGNING_NAME,
      region: target.region,
      credentials: await credentialsOf(target.profile, fresh),
      sha256: Sha256,
      // The path is already encoded once; the service signs it encoded twice.
      uriEscapePath: true,
    });
    const signed = await signer.sign(
      {
        method: post === undefined ? "GET" : "POST",
        protocol: "https:",
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        ...(post === undefined ? {} : { body: post }),
      },
      { signingDate: new Date(options.clock.now() + clockOffsetMs) },
    );
    return signed.headers;
  };
}

/** The provider chain's own word for where it found them. */
const SOURCES: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/ENV_VARS$/, "environment variables"],
  [/PROFILE_SSO|_SSO/, "SSO login"],
  [/PROFILE_PROCESS|_PROCESS/, "credential_process"],
  [/STS_ASSUME_ROLE/, "assumed role"],
  [/PROFILE/, "profile"],
  [/HTTP/, "container"],
  [/IMDS/, "instance metadata"],
];

/** For the doctor: where the credentials come from and until when they hold, never what they are. @throws AgentdError `no_credentials`. */
export async function inspectCredentials(
  profile: string | undefined,
  providerFor: NonNullable<SignerOptions["providerFor"]> = nodeProvider,
): Promise<{ readonly source: string; readonly expiresAt?: number }> {
  try {
    const found: object = await (await providerFor(profile, true))();
    const { $source = {}, expiration } = found as { $source?: object; expiration?: Date };
    const words = Object.keys($source).join(" ");
    const source = SOURCES.find(([pattern]) => pattern.test(words))?.[1] ?? "default chain";
    return { source, ...(expiration === undefined ? {} : { expiresAt: expiration.getTime() }) };
  } catch (error) {
    throw noCredentials(profile, error);
  }
}

/** The SDK's own chain: environment, profiles, SSO, containers, instances. */
async function nodeProvider(profile: string | undefined, fresh: boolean): Promise<CredentialProvider> {
  const { loadProviders } = await import("./aws.js");
  const { fromNodeProviderChain } = await loadProviders();
  return fromNodeProviderChain({ ...(profile === undefined ? {} : { profile }), ignoreCache: fresh });
}

/** The token instead of a signature, for a target that has one. */
async function tokenOf(target: AgentCoreTarget, held: HeldTokens | undefined): Promise<string | undefined> {
  const { bearerTokenFile, heldToken } = target;
  if (heldToken === undefined) return bearerTokenFile === undefined ? undefined : readToken(bearerTokenFile);
  const token = held?.get(heldToken);
  if (token === undefined)
    throw new AgentdError("no_credentials", "its bearer token is not kept over a restart of agentd");
  return token;
}

async function readToken(path: string): Promise<string> {
  const shown = printable(path);
  let token: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_TOKEN_BYTES) throw new Error("too large");
    token = (await readFile(path, "utf8")).trim();
  } catch (cause) {
    throw new AgentdError("no_credentials", `the bearer token file ${shown} cannot be read`, { cause });
  }
  if (!BEARER_TOKEN.test(token)) {
    throw new AgentdError("no_credentials", `the bearer token file ${shown} does not hold one token`);
  }
  return token;
}

function noCredentials(profile: string | undefined, cause: unknown): AgentdError {
  const whose = profile === undefined ? "" : ` for profile ${printable(profile, 60)}`;
  // Only the first line: a failing credential_process appends what it printed.
  const why = cause instanceof Error ? printable(cause.message.split("\n", 1)[0] ?? "", 160) : "";
  const cure =
    profile === undefined
      ? "aws sso login, or agentd daemon restart where the variables are set"
      : `aws sso login --profile ${printable(profile, 60)}`;
  return new AgentdError(
    "no_credentials",
    `no AWS credentials${whose}${why === "" ? "" : ` (${why})`} · try ${cure}`,
  );
}
