// What this terminal says of itself, and whether the machine knows such a terminal.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../shared/daemon-care.js";
import { printable } from "../../shared/names.js";
import { type Patient, warning } from "./findings.js";

const DATABASES = [
  "/etc/terminfo",
  "/lib/terminfo",
  "/usr/share/terminfo",
  "/usr/lib/terminfo",
  "/usr/local/share/terminfo",
];

export function examineTerminal({ env, home }: Patient, isTerminal: boolean): Finding[] {
  const findings: Finding[] = [];
  const term = env["TERM"] ?? "";
  const shown = printable(term, 60);
  const inside = env["TMUX"] ? "tmux" : env["STY"] ? "screen" : undefined;
  if (inside !== undefined && !/^(?:tmux|screen)/.test(term))
    findings.push(
      warning(
        "term-inside",
        `TERM is '${shown}' inside ${inside}: programs draw for another terminal`,
        inside === "tmux" ? "tmux set -g default-terminal tmux-256color" : "export TERM=screen-256color",
      ),
    );
  // Without a terminal (cron, CI) there is nothing to know.
  else if (isTerminal && (term === "" || term === "dumb"))
    findings.push(
      warning(
        "term-dumb",
        `TERM is '${shown}': full-screen programs will not run`,
        "export TERM=xterm-256color",
      ),
    );
  else if (term !== "" && term !== "dumb" && isKnown(term, env, home) === false)
    findings.push(
      warning(
        "term-unknown",
        `this machine knows no terminal '${shown}': programs fall back or refuse`,
        "export TERM=xterm-256color",
      ),
    );
  // locale(7): the first of these that is not empty counts.
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  if (!/utf-?8/i.test(locale))
    findings.push(
      warning(
        "locale-not-utf8",
        `the locale is ${locale === "" ? "not set" : `'${printable(locale, 60)}'`}: programs will not show or read UTF-8`,
        "export LANG=C.UTF-8",
      ),
    );
  return findings;
}

/** Undefined where there is no database of terminals at all. terminfo(5): by first letter, or by its code. */
function isKnown(term: string, env: Patient["env"], home: string): boolean | undefined {
  if (!/^[\w+.-]+$/.test(term)) return false;
  const own = [env["TERMINFO"] ?? "", ...(env["TERMINFO_DIRS"] ?? "").split(":"), join(home, ".terminfo")];
  const places = [...own.filter(Boolean), ...DATABASES].filter((place) => existsSync(place));
  if (places.length === 0) return undefined;
  const code = term.charCodeAt(0).toString(16);
  return places.some((place) =>
    [term.charAt(0), code].some((letter) => existsSync(join(place, letter, term))),
  );
}
