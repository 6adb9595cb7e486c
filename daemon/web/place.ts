// Where the web terminal listens: this machine's loopback addresses, or a Unix socket that ssh forwards to one.
import { isAbsolute } from "node:path";
import { isForwardedHost } from "../server/forwarded-host.js";
import { loopbackHosts } from "./door.js";

export type WebPlace =
  | { readonly kind: "tcp"; readonly port: number }
  /** `as`: what the browser's address bar says at the other end, such as `localhost:8080`. */
  | { readonly kind: "unix"; readonly path: string; readonly as: string };

/** The only Hosts under which the place is spoken to. */
export function hostsOf(place: WebPlace): ReadonlySet<string> {
  return place.kind === "tcp" ? loopbackHosts(place.port) : new Set([place.as]);
}

/** The address to open. */
export function urlOf(place: WebPlace): string {
  return place.kind === "tcp" ? `http://127.0.0.1:${place.port}/` : `http://${place.as}/`;
}

/** Whether `value`, read from a file, is one. */
export function isWebPlace(value: unknown): value is WebPlace {
  if (typeof value !== "object" || value === null) return false;
  const place = value as { kind?: unknown; port?: unknown; path?: unknown; as?: unknown };
  if (place.kind === "tcp") {
    return Number.isInteger(place.port) && Number(place.port) >= 1024 && Number(place.port) <= 65_535;
  }
  return (
    place.kind === "unix" &&
    typeof place.path === "string" &&
    isAbsolute(place.path) &&
    typeof place.as === "string" &&
    isForwardedHost(place.as)
  );
}
