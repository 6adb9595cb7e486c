// The config file of `runtime serve --listen`: who may connect, what is served, and the knobs.
import { readFileSync } from "node:fs";
import { AgentdError } from "../../shared/errors.js";
import { badKnob } from "./knob.js";
import { type Knobs, parseKnobs } from "./knobs.js";
import { isRuntimeArn } from "./route.js";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Who may connect. `none`: everybody who reaches the listener. */
export type Access =
  | { readonly kind: "none" }
  | {
      readonly kind: "keys";
      readonly credentials: readonly AccessKey[];
      readonly bearerTokens: readonly string[];
    };

export interface RuntimeConfig {
  readonly access: Access;
  /** The ARNs that exist; undefined: every well-formed one. */
  readonly runtimes: readonly string[] | undefined;
  /** PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly knobs: Knobs;
}

/** @throws AgentdError `bad_config`; the message names the file and the setting. */
export function readRuntimeConfig(path: string): RuntimeConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "it is not JSON" : "it cannot be read";
    throw new AgentdError("bad_config", `bad config '${path}' · ${why}`, { cause });
  }
  try {
    return parseRuntimeConfig(value);
  } catch (cause) {
    const error = AgentdError.from(cause);
    throw new AgentdError(error.code, `bad config '${path}' · ${error.message}`, { cause });
  }
}

/** @throws AgentdError `bad_config`. */
export function parseRuntimeConfig(value: unknown): RuntimeConfig {
  const { auth, credentials, bearerTokens, runtimes, tls, profile, ...knobs } = asObject(value, "config");
  return {
    access: parseAccess(auth, credentials, bearerTokens),
    runtimes: runtimes === undefined ? undefined : asList(runtimes, "runtimes").map(parseArn),
    tls: tls === undefined ? undefined : parseTls(tls),
    knobs: parseKnobs(knobs, profile === undefined ? undefined : asText(profile, "profile")),
  };
}

function parseAccess(auth: unknown, credentials: unknown, bearerTokens: unknown): Access {
  if (auth === "none") {
    if (credentials === undefined && bearerTokens === undefined) return { kind: "none" };
    throw new AgentdError(
      "bad_config",
      "'auth' is \"none\", so 'credentials' and 'bearerTokens' have no meaning",
    );
  }
  if (auth !== undefined) throw badKnob("auth", '"none" or left out', auth);
  const access: Access = {
    kind: "keys",
    credentials: asList(credentials ?? [], "credentials").map(parseKey),
    bearerTokens: asList(bearerTokens ?? [], "bearerTokens").map((token, i) =>
      asText(token, `bearerTokens[${i}]`),
    ),
  };
  if (access.credentials.length + access.bearerTokens.length > 0) return access;
  throw new AgentdError(
    "bad_config",
    `nobody could connect · give 'credentials', 'bearerTokens' or "auth":"none"`,
  );
}

function parseKey(value: unknown, index: number): AccessKey {
  const name = `credentials[${index}]`;
  const { accessKeyId, secretAccessKey, sessionToken } = asObject(value, name);
  return {
    accessKeyId: asText(accessKeyId, `${name}.accessKeyId`),
    secretAccessKey: asText(secretAccessKey, `${name}.secretAccessKey`),
    ...(sessionToken === undefined ? {} : { sessionToken: asText(sessionToken, `${name}.sessionToken`) }),
  };
}

function parseArn(value: unknown, index: number): string {
  const arn = asText(value, `runtimes[${index}]`);
  if (isRuntimeArn(arn)) return arn;
  throw badKnob(`runtimes[${index}]`, "the ARN of a runtime or harness", value);
}

function parseTls(value: unknown): { cert: string; key: string } {
  const { certFile, keyFile } = asObject(value, "tls");
  return { cert: readPem(certFile, "tls.certFile"), key: readPem(keyFile, "tls.keyFile") };
}

function readPem(value: unknown, name: string): string {
  const path = asText(value, name);
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AgentdError("bad_config", `'${name}' cannot be read`, { cause });
  }
}

function asObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw badKnob(name, "an object", value);
}

function asList(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw badKnob(name, "a list", value);
}

function asText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw badKnob(name, "a text that is not empty", value);
}
