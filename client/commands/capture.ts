// `agentd capture`: prints what is on a shell's screen, as text, as a page or as data.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { type CommandLine, onlyName } from "../cli/command-line.js";
import { ALL_HISTORY, CAPTURE_LIMIT_MS } from "../history-limits.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

export const capture: Command = {
  name: "capture",
  aliases: ["capture-pane"],
  usage: "NAME [--ansi | --html | --json] [-S START] [-E END] [--join]",
  summary: "print what is on a shell's screen",
  flags: {
    ansi: { type: "boolean", short: "e", help: "with colours and attributes" },
    html: { type: "boolean", help: "as a web page of its own" },
    json: { type: "boolean", help: "as JSON: lines with colours and attributes, size, cursor, title" },
    start: {
      type: "string",
      short: "S",
      value: "START",
      help: "first line: 0 is the top, -100 reaches into the history, - is all of it",
    },
    end: {
      type: "string",
      short: "E",
      value: "END",
      help: "last line, counted alike; - is the last there is",
    },
    join: { type: "boolean", short: "J", help: "lines that were broken at the right border become one" },
    print: { type: "boolean", short: "p" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const name = onlyName(line, "capture needs a name · agentd capture NAME", "target");
    const params = {
      name,
      format: formatFrom(line),
      ...inOrder(
        lineNumber("start", line.value("start"), ALL_HISTORY),
        lineNumber("end", line.value("end"), undefined),
      ),
      ...(line.has("join") ? { join: true } : {}),
    };
    const connection = await context.connect();
    const { text, screen } = await withSuggestion(connection, name, () =>
      connection.call("shell.capture", params, CAPTURE_LIMIT_MS),
    );
    connection.close();
    context.print(screen === undefined ? text.replace(/\n$/, "") : jsonText({ v: 1, name, ...screen }));
    return 0;
  },
};

function formatFrom(line: CommandLine): "text" | "ansi" | "html" | "json" {
  const [format = "text", other] = (["ansi", "html", "json"] as const).filter((flag) => line.has(flag));
  if (other === undefined) return format;
  throw new AgentdError("usage", `give --${format} or --${other}, not both`);
}

/** As tmux does it: whichever comes first is the start. */
function inOrder({ start }: { readonly start?: number }, { end }: { readonly end?: number }) {
  if (start !== undefined && end !== undefined && start > end) return { start: end, end: start };
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** @param all what `-` stands for */
function lineNumber<K extends string>(
  key: K,
  text: string | undefined,
  all: number | undefined,
): { readonly [k in K]?: number } {
  const value = text === "-" ? all : text === undefined ? undefined : Number(text);
  if (value === undefined) return {};
  if (text === "-" || (/^-?\d{1,8}$/.test(text ?? "") && Math.abs(value) <= -ALL_HISTORY)) {
    return { [key]: value } as { readonly [k in K]?: number };
  }
  throw new AgentdError("usage", `bad ${key} '${printable(text ?? "")}' · write a line number, such as -100`);
}
