// Notices that a person has logged in again: one of the files that credentials come from has changed.
import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../clock.js";
import type { AgentCoreTarget } from "../target.js";

/** Cheap enough to do while a shell waits for credentials, and soon enough that a person sees it work. */
const LOOK_EVERY_MS = 2_000;

/** Of a cache folder, so many files are looked at. */
const MAX_CACHE_FILES = 64;

/** Files and folders whose change may mean new credentials for `target`: what `aws sso login` and `aws configure` write. */
export function credentialPaths(
  target: Pick<AgentCoreTarget, "bearerTokenFile">,
  env: Readonly<Record<string, string | undefined>>,
  home = homedir(),
): readonly string[] {
  if (target.bearerTokenFile !== undefined) return [target.bearerTokenFile];
  return [
    env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(home, ".aws", "credentials"),
    env["AWS_CONFIG_FILE"] ?? join(home, ".aws", "config"),
    join(home, ".aws", "sso", "cache"),
    join(home, ".aws", "cli", "cache"),
    join(home, ".aws", "login", "cache"),
  ];
}

/** Calls `onChange` once, when one of `paths` is not what it was at this call. @returns how to stop watching. */
export function watchCredentials(paths: readonly string[], clock: Clock, onChange: () => void): () => void {
  let cancel = () => {};
  let stopped = false;
  let before: string | undefined;
  const look = async () => {
    const seen = (await Promise.all(paths.map(fingerprint))).join();
    if (stopped) return;
    before ??= seen;
    if (seen === before) cancel = clock.setTimeout(() => void look(), LOOK_EVERY_MS);
    else onChange();
  };
  void look();
  return () => {
    stopped = true;
    cancel();
  };
}

/** Of a folder, also its files: an SSO login rewrites the one in its cache, which the folder's own time does not show. */
async function fingerprint(path: string): Promise<string> {
  try {
    const status = await stat(path);
    const own = `${status.mtimeMs}:${status.size}:${status.ino}`;
    if (!status.isDirectory()) return own;
    const names = (await readdir(path)).sort().slice(0, MAX_CACHE_FILES);
    return [own, ...(await Promise.all(names.map((name) => fingerprintOfFile(join(path, name)))))].join();
  } catch {
    return "-";
  }
}

async function fingerprintOfFile(path: string): Promise<string> {
  const status = await stat(path);
  return `${status.mtimeMs}:${status.size}`;
}
