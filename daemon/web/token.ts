// The first message of a page: its token, and nothing else.

/** The token in a page's first message; anything else is a wrong one. */
export function tokenOf(json: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(json).toString("utf8"));
    return typeof value === "object" && value !== null && Object.hasOwn(value, "token")
      ? (value as { token: unknown }).token
      : undefined;
  } catch {
    return undefined;
  }
}
