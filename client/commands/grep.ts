// `agentd grep`: searches the screens and histories of shells.
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { checkShellName, printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { startPaced } from "../daemon/paced-calls.js";
import { ALL_HISTORY, CAPTURE_LIMIT_MS } from "../history-limits.js";
import { withSuggestion } from "../shell-names.js";
import { errorLine, jsonText } from "../text/format.js";

const MAX_CONTEXT = 10_000;

export const grep: Command = {
  name: "grep",
  usage: "RE [NAME... | --all] [-i] [-n] [-C LINES]",
  summary: "search the screens and histories of shells (1: nothing found)",
  flags: {
    all: { type: "boolean", help: "in every shell (so it is without a name)" },
    "ignore-case": { type: "boolean", short: "i", help: "upper and lower case are the same" },
    "line-number": {
      type: "boolean",
      short: "n",
      help: "with the line's number, as capture -S and -E count",
    },
    context: { type: "string", short: "C", value: "LINES", help: "so many lines around what was found" },
    json: { type: "boolean", help: "as JSON" },
  },
  async run(line, context) {
    const [text, ...names] = line.words;
    if (text === undefined) throw new AgentdError("usage", "grep needs a pattern · agentd grep RE [NAME...]");
    if (line.has("all") && names.length > 0) throw new AgentdError("usage", "give names or --all, not both");
    for (const name of names) checkShellName(name);
    const around = parseContext(line.value("context"));
    const { parsePattern } = await import("../follow/pattern.js");
    const { matchesIn } = await import("../follow/matches.js");
    const pattern = parsePattern(text, line.has("ignore-case"));
    const connection = await context.connect();
    if (names.length === 0) {
      names.push(...(await connection.call("shell.list", {})).shells.map(({ name }) => name));
    }
    const params = { format: "text", start: ALL_HISTORY, join: false } as const;
    const calls = [...new Set(names)].map((name) => ({
      name,
      call: () =>
        withSuggestion(connection, name, () =>
          Promise.all([
            connection.call("shell.capture", { name, ...params }, CAPTURE_LIMIT_MS),
            connection.call("shell.capture", { name, format: "text", start: 0 }, CAPTURE_LIMIT_MS),
          ]),
        ),
    }));
    const found: Found[] = [];
    let status = 0;
    for (const { name, answer } of startPaced(calls, { requests: 2 })) {
      try {
        const [history, screen] = await answer;
        const rows = (screen.text ?? "").split("\n").length - 1;
        const lines = (history.text ?? "").split("\n").slice(0, -1);
        const first = rows - lines.length;
        const groups = matchesIn(lines, pattern, around);
        for (const [index, group] of groups.entries()) {
          if (!line.has("json") && around > 0 && (index > 0 || found.length > 0)) context.print("--");
          for (const { at, isMatch } of group) {
            const shown = { name, line: first + at, text: lines[at] ?? "" };
            if (isMatch) found.push(around > 0 ? { ...shown, ...contextOf(lines, at, around) } : shown);
            if (line.has("json")) continue;
            const separator = isMatch ? ":" : "-";
            const number = line.has("line-number") ? `${shown.line}${separator}` : "";
            context.print(`${name}${separator}${number}${printable(shown.text, 10_000)}`);
          }
        }
      } catch (error) {
        const failure = AgentdError.from(error);
        // One that is not there, or has too much, does not hide what the others have.
        const isItsOwn = failure.code === "shell_not_found" || failure.code === "too_large";
        if (names.length === 1 || !isItsOwn) throw failure;
        context.complain(
          failure.code === "too_large" ? `${name}: ${errorLine(failure)}` : errorLine(failure),
        );
        status = failure.exitStatus;
      }
    }
    connection.close();
    if (line.has("json")) context.print(jsonText({ v: 1, matches: found }));
    return status !== 0 ? status : found.length > 0 ? ExitStatus.Ok : ExitStatus.No;
  },
};

interface Found {
  readonly name: string;
  readonly line: number;
  readonly text: string;
  /** With -C only: the lines around it, which may be matches themselves. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

function contextOf(lines: readonly string[], at: number, around: number): Pick<Found, "before" | "after"> {
  return { before: lines.slice(Math.max(0, at - around), at), after: lines.slice(at + 1, at + 1 + around) };
}

function parseContext(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,5}$/.test(text) && Number(text) <= MAX_CONTEXT) return Number(text);
  throw new AgentdError(
    "usage",
    `bad context '${printable(text, 30)}' · write a number of lines, such as -C 3`,
  );
}
