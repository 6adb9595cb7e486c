// Who may ask the web server what: one pure decision over method, path, Host, Origin and Sec-Fetch-Site.

export type WebRoute =
  | { readonly kind: "asset"; readonly name: string }
  | { readonly kind: "session" }
  | { readonly kind: "prove" }
  | { readonly kind: "socket" };

export type WebVerdict =
  | { readonly kind: "allow"; readonly route: WebRoute; readonly host: string }
  /** `host` only where it is one of ours. */
  | { readonly kind: "refuse"; readonly status: number; readonly why: string; readonly host?: string };

/** A request as it came: repeated headers are told apart only by the raw list. */
export interface WebRequest {
  readonly method: string;
  /** The request target, unparsed. */
  readonly url: string;
  /** Name, value, name, value. */
  readonly rawHeaders: readonly string[];
  readonly isUpgrade: boolean;
}

/** Exactly the ways to write this machine's own address: what a name that an attacker owns resolves to does not matter. */
export function loopbackHosts(port: number): ReadonlySet<string> {
  return new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
}

/**
 * Invariants: nothing is allowed whose Host is not literally one of `hosts`; a POST or a WebSocket needs an Origin, which is that
 * Host's own; a request that a browser marks as another site's is refused, whatever it asks.
 */
export function judge(request: WebRequest, hosts: ReadonlySet<string>): WebVerdict {
  const values = (name: string) => headerValues(request.rawHeaders, name);
  // The absolute form carries a second host, and no browser sends it to a server.
  if (!request.url.startsWith("/")) return refuse(400, "the request target is not a path");
  const hostValues = values("host");
  if (hostValues.length > 1) return refuse(400, "more than one Host");
  const [host = ""] = hostValues;
  if (!hosts.has(host)) return refuse(421, "not an address of this server");

  const no = (status: number, why: string): WebVerdict => ({ ...refuse(status, why), host });
  const sites = values("sec-fetch-site");
  if (sites.some((site) => site !== "same-origin" && site !== "none"))
    return no(403, "another site's request");
  const origins = values("origin");
  if (origins.some((origin) => origin !== `http://${host}`)) return no(403, "another origin's request");

  const found = routeOf(request.url);
  if (found === undefined) return no(404, "nothing is here");
  const { route, method } = found;
  if (request.method !== method) return no(405, `write ${method}`);
  if (request.isUpgrade !== (route.kind === "socket")) return no(request.isUpgrade ? 400 : 426, "no upgrade");
  if (method === "POST" || route.kind === "socket") {
    if (origins.length !== 1) return no(403, "no Origin");
  }
  return { kind: "allow", route, host };
}

function routeOf(url: string): { route: WebRoute; method: "GET" | "POST" } | undefined {
  // The page keeps its own state in the fragment, and a query means nothing to this server.
  const path = url.replace(/\?.*$/s, "");
  if (path === "/") return { route: { kind: "asset", name: "index.html" }, method: "GET" };
  if (path === "/session") return { route: { kind: "session" }, method: "POST" };
  if (path === "/session/prove") return { route: { kind: "prove" }, method: "POST" };
  if (path === "/ws") return { route: { kind: "socket" }, method: "GET" };
  const asset = /^\/assets\/([\w-]+(?:\.[\w-]+)+)$/.exec(path)?.[1];
  if (asset !== undefined) return { route: { kind: "asset", name: asset }, method: "GET" };
  return undefined;
}

function refuse(status: number, why: string): WebVerdict & { kind: "refuse" } {
  return { kind: "refuse", status, why };
}

function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? "");
  }
  return values;
}
