// `agentd __complete SHELL -- WORDS...`: asked by the completion scripts at every Tab; quick, silent, and never starting a daemon.
import { closeSync, openSync, readSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { isShellName, printable } from "../../shared/names.js";
import { commandTable } from "../cli/command-table.js";
import { DaemonConnection } from "../daemon/daemon-connection.js";
import { findSocketPath } from "../daemon/socket-path.js";
import { type Candidate, complete, type Wanted } from "./candidates.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** A person waits: a daemon that has not answered by then is not asked any more. */
const DAEMON_LIMIT_MS = 60;
const MAX_CONFIG_BYTES = 256 * 1024;

/** Told to the script instead of candidates: complete the names of files. */
const FILES = ":files";

/** Prints one candidate a line, with its help behind a tab, or `:files`. Never fails: a Tab that says errors is worse than none. */
export async function answer(args: readonly string[], env: Environment): Promise<number> {
  const [shell, , ...written] = args;
  // bash cuts words at "=": `--runtime=a` comes as three.
  const words = shell === "bash" ? joined(written) : written;
  const { wanted, partial, prefix } = complete(words, commandTable);
  const lines: string[] = [];
  for (const place of wanted) {
    if (place.kind === "files") lines.push(FILES);
    else
      for (const { word, help } of await candidates(place, env)) {
        if (!word.startsWith(partial)) continue;
        const whole = shell === "bash" ? word : `${prefix}${word}`;
        lines.push(help === undefined || shell === "bash" ? whole : `${whole}\t${printable(help)}`);
      }
  }
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  return 0;
}

function joined(words: readonly string[]): readonly string[] {
  const result: string[] = [];
  for (const [index, word] of words.entries()) {
    const isValue = words[index - 1] === "=" && words[index - 2]?.startsWith("--");
    if ((word === "=" && result.at(-1)?.startsWith("--")) || isValue) result.push(`${result.pop()}${word}`);
    else result.push(word);
  }
  return result;
}

async function candidates(
  wanted: Exclude<Wanted, { kind: "files" }>,
  env: Environment,
): Promise<readonly Candidate[]> {
  if (wanted.kind === "words") return wanted.words;
  return wanted.kind === "targets" ? targetNames(env) : shellNames(env);
}

async function shellNames(env: Environment): Promise<readonly Candidate[]> {
  const limit = new Promise<readonly Candidate[]>((resolve) =>
    setTimeout(resolve, DAEMON_LIMIT_MS, []).unref(),
  );
  const asked = async () => {
    const connection = await DaemonConnection.open(findSocketPath(env));
    const [greeted, listed] = connection.inOnePiece(
      () => [connection.greet(), connection.call("shell.list", {}, 10 * DAEMON_LIMIT_MS)] as const,
    );
    listed.catch(() => {});
    await greeted;
    const { shells } = await listed;
    connection.close();
    return shells.map(({ name, kind, state }) => ({ word: name, help: `${kind} · ${state}` }));
  };
  return Promise.race([asked().catch(() => []), limit]);
}

/** The names of `[targets.NAME]`, as they are usually written: no reader of TOML would be quick enough here. */
function targetNames(env: Environment): readonly Candidate[] {
  const { AGENTD_CONFIG: chosen, XDG_CONFIG_HOME: xdg } = env;
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env["HOME"] || homedir(), ".config");
  try {
    const fd = openSync(chosen || join(base, "agentd", "config.toml"), "r");
    const buffer = Buffer.alloc(MAX_CONFIG_BYTES);
    const text = buffer.toString("utf8", 0, readSync(fd, buffer));
    closeSync(fd);
    const names = [...text.matchAll(/^\s*\[targets\.(?:"([^"]+)"|([^\]"\s]+))\]/gm)];
    return names
      .map(([, quoted, bare]) => ({ word: quoted ?? bare ?? "" }))
      .filter(({ word }) => isShellName(word));
  } catch {
    return [];
  }
}
