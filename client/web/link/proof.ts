// Proves who serves the page: a secret is sent only to whoever already knows its hash.

const encoder = new TextEncoder();

/** A nonce of 24 random bytes, base64url. */
export function newNonce(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(24)));
}

/** The first 8 bytes of the SHA-256 of `token`, base64url: names a token without telling it. */
export async function tokenId(token: string): Promise<string> {
  return toBase64Url((await sha256(token)).subarray(0, 8));
}

/** HMAC-SHA256 of `nonce` and `host` with the SHA-256 of `secret` as the key, base64url: what a server at `host` that issued `secret` answers. */
export async function proofOf(secret: string, nonce: string, host: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", await sha256(secret), algorithm, false, ["sign"]);
  return toBase64Url(
    new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(`${nonce} ${host}`))),
  );
}

async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
