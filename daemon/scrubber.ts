// The last gate before bytes reach a log: replaces every known secret, and everything that looks like one.

const REPLACEMENT = "[redacted]";

/** A shorter value would be found in ordinary text, and replacing it would say where it occurs. */
const MIN_SECRET_CHARACTERS = 6;

/** How many live secrets are remembered; the oldest is forgotten first (credentials rotate about every hour). */
const MAX_SECRETS = 256;

/** What credentials look like when nobody told us about them. `$1` keeps the name, so that the line still explains itself. */
const patterns: readonly [RegExp, string][] = [
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, REPLACEMENT],
  [/(X-Amz-(?:Signature|Security-Token|Credential)(?:=|%3D))[^&\s"\\]+/gi, `$1${REPLACEMENT}`],
  [/((?:authorization|x-amz-security-token|cookie)\\?"?\s*[:=]\s*\\?"?)[^"\\\r\n]+/gi, `$1${REPLACEMENT}`],
  [/(base64UrlBearer(?:Authorization)?\.)[\w=-]+/gi, `$1${REPLACEMENT}`],
  [/(\bBearer\s+)[\w.~+/=-]{8,}/gi, `$1${REPLACEMENT}`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g, REPLACEMENT],
  [/((?:secret_?access_?key|session_?token)\\?"?\s*[:=]\s*\\?"?)[^"\\\s]+/gi, `$1${REPLACEMENT}`],
];

/** Remembers live secret values in every form in which they are likely to be written, and removes them from text. */
export class Scrubber {
  /** Secret → its forms, in order of arrival; a Map so that the oldest can be forgotten. */
  readonly #secrets = new Map<string, readonly string[]>();

  /** From now on `secret` never passes; values under 6 characters are ignored. */
  hide(secret: string): void {
    if (secret.length < MIN_SECRET_CHARACTERS) return;
    this.#secrets.delete(secret);
    this.#secrets.set(secret, formsOf(secret));
    const oldest = this.#secrets.keys().next();
    if (this.#secrets.size > MAX_SECRETS && !oldest.done) this.#secrets.delete(oldest.value);
  }

  /** `text` without secrets. */
  scrub(text: string): string {
    let clean = text;
    for (const forms of this.#secrets.values()) {
      for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, REPLACEMENT);
    }
    for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
    return clean;
  }
}

/** Longest first, so that a form is not cut apart by another one that it contains. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString("hex"),
    ...base64Forms(bytes, "base64"),
    ...base64Forms(bytes, "base64url"),
  ]);
  return [...forms]
    .filter((form) => form.length >= MIN_SECRET_CHARACTERS)
    .sort((a, b) => b.length - a.length);
}

/** The middle of the base64 text of anything that contains `bytes`, for each of the three ways it can be aligned. */
function base64Forms(bytes: Buffer, encoding: "base64" | "base64url"): string[] {
  return [0, 1, 2].map((skew) => {
    const padded = Buffer.concat([Buffer.alloc(skew), bytes]);
    // Characters that share bits with a neighbour outside of the secret are left out.
    const first = Math.ceil((skew * 8) / 6);
    return padded.toString(encoding).slice(first, Math.floor((padded.length * 8) / 6));
  });
}
