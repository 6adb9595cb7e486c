// What `agentd web` does: turn it on and print an address, list and revoke links, turn it off.
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { AgentdError } from "../shared/errors.js";
import { checkShellName, printable, suggestName } from "../shared/names.js";
import type { WebLink, WebPlaceParams } from "../shared/web-rpc.js";
import { atMostWords, type CommandLine } from "./cli/command-line.js";
import type { Context } from "./cli/context.js";
import { durationFrom } from "./cli/duration-flag.js";
import { isNotRunning } from "./daemon/not-running.js";
import { withSuggestion } from "./shell-names.js";
import { formatDuration, formatTable, jsonText } from "./text/format.js";

/** No pass is shorter. */
const MIN_FOR_MS = 1000;

/** Which flags go with which form; a flag that would be ignored is a mistake. */
const FORMS: Readonly<Record<"open" | "stop" | "ls" | "revoke", readonly string[]>> = {
  open: ["port", "socket", "as", "print-url", "link", "read-only", "for", "json"],
  stop: ["stop", "json"],
  ls: ["json"],
  revoke: ["all", "json"],
};

export async function runWeb(line: CommandLine, context: Context): Promise<number> {
  const form = formOf(line);
  const stray = [...FORMS.open, "stop", "all"].find((flag) => line.has(flag) && !FORMS[form].includes(flag));
  if (stray !== undefined)
    throw new AgentdError(
      "usage",
      `--${stray} does not go with ${form === "stop" ? "--stop" : `web ${form}`}`,
    );
  switch (form) {
    case "ls":
      return list(line, context);
    case "revoke":
      return revoke(line, context);
    case "stop":
      return stop(line, context);
    case "open":
      return open(line, context);
  }
}

function formOf(line: CommandLine): keyof typeof FORMS {
  const [word] = line.words;
  if (word === "ls" || word === "revoke") return word;
  if (word !== undefined) {
    const near = suggestName(word, ["ls", "revoke", "stop"]);
    const hint = word === "stop" || near === "stop" ? "agentd web --stop" : `agentd web ${near ?? "ls"}`;
    throw new AgentdError("usage", `unknown web command '${printable(word)}' · ${hint}`);
  }
  if (line.has("all")) throw new AgentdError("usage", "--all goes with revoke · agentd web revoke --all");
  return line.has("stop") ? "stop" : "open";
}

async function open(line: CommandLine, context: Context): Promise<number> {
  const place = placeOf(line);
  const name = line.value("link");
  if (name !== undefined) checkShellName(name);
  const expiresInMs = durationFrom(line, "for");
  if (expiresInMs !== undefined && expiresInMs < MIN_FOR_MS)
    throw new AgentdError("usage", "--for is too short to open the address · write 30m, 8h or 2d");
  const isLink = name !== undefined || line.has("read-only") || expiresInMs !== undefined;
  const connection = await context.connect();
  const link = {
    ...place,
    ...(name === undefined ? {} : { name }),
    ...(line.has("read-only") ? { readOnly: true } : {}),
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  };
  const call = () => (isLink ? connection.call("web.link", link) : connection.call("web.start", place));
  const address = await (name === undefined ? call() : withSuggestion(connection, name, call));
  connection.close();
  context.print(line.has("json") ? jsonText({ v: 1, ...address }) : address.url);
  if (line.has("json") || line.has("print-url")) return 0;
  const { socket } = address;
  if (socket !== undefined) {
    const port = /:(\d+)\//.exec(address.url)?.[1] ?? "8080";
    context.say(`first, where the browser is: ssh -N -L ${port}:${printable(socket)} THIS_HOST`);
  }
  const until = isLink ? ` · agentd web revoke ${address.id} ends it` : " · agentd web --stop turns it off";
  context.say(`opens once, within a minute${until}`);
  return 0;
}

async function list(line: CommandLine, context: Context): Promise<number> {
  atMostWords(line, 1);
  const connection = await context.connect({ start: false });
  const answer = await connection.call("web.ls", {});
  connection.close();
  if (line.has("json")) context.print(jsonText(answer));
  else if (!answer.on) context.say("the web terminal is off · agentd web turns it on");
  else if (answer.links.length === 0) context.say("no links · agentd web prints one");
  else context.print(linkTable(answer.links, Date.now()));
  return 0;
}

function linkTable(links: readonly WebLink[], now: number): string {
  const rows = links.map(({ id, kind, shell, readOnly, usedAt, expiresAt, sockets }) => [
    id,
    kind === "owner" ? "owner" : printable(shell ?? "all shells"),
    readOnly ? "read-only" : "",
    usedAt === undefined
      ? "not opened"
      : sockets > 0
        ? "open"
        : `closed ${formatDuration(now - Date.parse(usedAt))}`,
    expiresAt === undefined ? "" : `ends in ${formatDuration(Date.parse(expiresAt) - now)}`,
  ]);
  return formatTable([["ID", "OPENS", "RIGHTS", "TABS", "UNTIL"], ...rows]);
}

async function revoke(line: CommandLine, context: Context): Promise<number> {
  atMostWords(line, line.has("all") ? 1 : 2);
  const id = line.words[1];
  if (id === undefined && !line.has("all"))
    throw new AgentdError("usage", "revoke needs an id · agentd web ls, or agentd web revoke --all");
  const connection = await context.connect({ start: false });
  const { revoked } = await connection.call("web.revoke", id === undefined ? { all: true } : { id });
  connection.close();
  if (line.has("json")) context.print(jsonText({ v: 1, revoked }));
  else
    context.say(
      revoked === 0 ? "there were no links" : `${revoked} ${revoked === 1 ? "link" : "links"} ended`,
    );
  return 0;
}

async function stop(line: CommandLine, context: Context): Promise<number> {
  const stopped = (await stopRunning(context)) ?? (await stopNext(context));
  if (line.has("json")) context.print(jsonText({ v: 1, stopped }));
  else context.say(stopped ? "the web terminal is off · the shells live on" : "the web terminal was off");
  return 0;
}

/** Undefined when no daemon runs. */
async function stopRunning(context: Context): Promise<boolean | undefined> {
  const connection = await context.connect({ start: false }).catch((error: unknown) => {
    // What cannot be reached could serve on.
    if (isNotRunning(error)) return undefined;
    throw error;
  });
  if (connection === undefined) return undefined;
  const { stopped } = await connection.call("web.stop", {});
  connection.close();
  return stopped;
}

/** The next daemon would turn it on again, by the file that the last one left: that goes, and no daemon is started for it. */
async function stopNext(context: Context): Promise<boolean> {
  const { stateDirectory } = await import("./daemon/daemon-launch.js");
  const wasOn = removed(join(stateDirectory(context.env), "web.json"));
  // One that started meanwhile has read it.
  return (await stopRunning(context)) || wasOn;
}

function removed(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw new AgentdError(
      "state_unwritable",
      `the web terminal is not off: cannot remove ${printable(path)} (${code ?? "unknown error"})`,
      { cause: error },
    );
  }
}

function placeOf(line: CommandLine): WebPlaceParams {
  const socket = line.value("socket");
  const as = line.value("as");
  const port = parsePort(line.value("port"));
  if (as !== undefined && socket === undefined)
    throw new AgentdError("usage", "--as goes with --socket · agentd web --socket PATH --as localhost:8080");
  if (port !== undefined && socket !== undefined)
    throw new AgentdError("usage", "give --port or --socket, not both");
  if (as !== undefined && !/^(?:localhost|127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}$/.test(as))
    throw new AgentdError(
      "usage",
      `bad --as '${printable(as)}' · write what the browser opens: localhost:8080`,
    );
  if (socket !== undefined && !socket.startsWith("/"))
    throw new AgentdError("usage", `'${printable(socket)}' is not absolute · write the whole path`);
  return {
    ...(port === undefined ? {} : { port }),
    ...(socket === undefined ? {} : { socket }),
    ...(as === undefined ? {} : { as }),
  };
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1024 && port <= 65_535) return port;
  throw new AgentdError(
    "usage",
    `bad port '${printable(text)}' · write 1024 to 65535, on this machine only (elsewhere: --socket with ssh -L)`,
  );
}
