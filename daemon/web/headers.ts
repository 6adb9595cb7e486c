// The headers of every answer of the web server, good or bad; and none that would let another origin in.

/** @param host the checked Host of the request, whose WebSocket the page may open; absent: none. */
export function securityHeaders(host?: string): Readonly<Record<string, string>> {
  const connect = host === undefined ? "" : ` ws://${host}`;
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src 'self'",
      // xterm.js measures and colours its cells with styles of its own.
      "style-src 'self' 'unsafe-inline'",
      "font-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self'${connect}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
  };
}
