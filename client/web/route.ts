// The page's addresses: `/#/` is the list, `/#/shell/NAME` one shell, `/#k=KEY` the way in.
import { isShellName } from "../../shared/names.js";

export type Route = { readonly view: "list" } | { readonly view: "shell"; readonly name: string };

/** @param hash `location.hash`. What is no address of a shell is the list. */
export function parseRoute(hash: string): Route {
  const match = /^#\/shell\/([^/]*)$/.exec(hash);
  const name = match?.[1] ?? "";
  return isShellName(name) ? { view: "shell", name } : { view: "list" };
}

/** The fragment for a route. A shell's name needs no escaping: it has only characters that are safe there. */
export function routeHash(route: Route): string {
  return route.view === "list" ? "#/" : `#/shell/${route.name}`;
}

/** The one-time key of a printed link, and the address that remains without it. */
export function takeKey(hash: string): { readonly key: string; readonly rest: string } | undefined {
  const match = /^#(?:.*&)?k=([A-Za-z0-9_-]{16,128})(?:&.*)?$/.exec(hash);
  return match?.[1] === undefined ? undefined : { key: match[1], rest: "#/" };
}
