// `agentd events`: a line for everything that happens to the shells, until Ctrl-C.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName } from "../../shared/names.js";
import type { ShellEvent, ShellInfo } from "../../shared/rpc.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { jsonText } from "../text/format.js";

const RETRY_MS = 250;

export const events: Command = {
  name: "events",
  usage: "[NAME] [--json]",
  summary: "print what happens to the shells, until Ctrl-C; begins with what there is",
  flags: { json: { type: "boolean", help: "one JSON object for each line" } },
  async run(line, context) {
    atMostWords(line, 1);
    const name = line.words[0];
    if (name !== undefined) checkShellName(name);
    const { EventLines } = await import("../follow/event-lines.js");
    const words = new EventLines();
    const json = line.has("json");
    const print = (value: object, lines: () => string[]) => {
      if (json) context.print(jsonText({ v: 1, ...value }));
      else for (const text of lines()) context.print(`${new Date().toTimeString().slice(0, 8)} ${text}`);
    };
    let wanted = name;
    let isFirst = true;
    let connection = await context.connect();
    for (;;) {
      await follow(connection, {
        onShells: (all) => {
          const shells = all.filter((shell) => wanted === undefined || shell.name === wanted);
          if (isFirst && wanted !== undefined && shells.length === 0)
            context.say(`no shell '${wanted}' now · waiting for one`);
          isFirst = false;
          print({ kind: "snapshot", shells }, () => words.snapshot(shells));
        },
        onEvent: (event) => {
          if (wanted !== undefined && nameBefore(event) !== wanted) return;
          if (wanted !== undefined && event.kind === "renamed") wanted = event.shell.name;
          print(event, () => words.lines(event));
        },
      });
      print({ kind: "lost" }, () => ["agentd went away · waiting for it"]);
      connection = await nextDaemon(context);
    }
  },
};

interface Follower {
  onShells(shells: readonly ShellInfo[]): void;
  onEvent(event: ShellEvent): void;
}

/** Resolves when the connection is over. */
async function follow(connection: DaemonConnection, { onShells, onEvent }: Follower): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    connection.follow((method, params) => {
      if (method === "event") onEvent(params as ShellEvent);
    }, resolve);
  });
  try {
    onShells((await connection.call("events.subscribe", {})).shells);
  } catch (error) {
    if (!(error instanceof AgentdError) || error.code !== "daemon_unavailable") throw error;
  }
  await closed;
}

/** Whoever only listens starts no daemon: somebody may have stopped it on purpose. */
async function nextDaemon(context: Context): Promise<DaemonConnection> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    try {
      return await context.connect({ start: false });
    } catch (error) {
      if (!(error instanceof AgentdError) || error.code !== "daemon_unavailable") throw error;
    }
  }
}

function nameBefore(event: ShellEvent): string {
  return event.kind === "changed" ? event.shell.name : event.kind === "renamed" ? event.from : event.name;
}
