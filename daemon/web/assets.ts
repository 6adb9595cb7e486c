// The page's files: read once, kept in memory, named by a table that is then fixed.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { AgentdError } from "../../shared/errors.js";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

export interface WebAsset {
  readonly type: string;
  readonly content: Buffer;
}

/** Name → file. No request ever reaches the disk. @throws AgentdError `daemon_unavailable` when there is no page. */
export function loadWebAssets(directory: string): ReadonlyMap<string, WebAsset> {
  try {
    const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
    const assets = files.flatMap(({ name }): [string, WebAsset][] => {
      const type = TYPES[extname(name)];
      return type === undefined ? [] : [[name, { type, content: readFileSync(join(directory, name)) }]];
    });
    const table = new Map(assets);
    if (table.has("index.html")) return table;
  } catch {
    // Said below.
  }
  throw new AgentdError("daemon_unavailable", `the web terminal's files are not at '${directory}'`);
}
