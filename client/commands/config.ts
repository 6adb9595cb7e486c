// `agentd config path|check|show`: where the config file is, what is wrong with it, and what counts.

import { resolve } from "node:path";
import { AgentdError, ExitStatus } from "../../shared/errors.js";
import { printable, suggestName } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";
import { jsonText } from "../text/format.js";
import { problemLines } from "../text/problem-lines.js";

const ACTIONS = ["path", "check", "show"];

export const config: Command = {
  name: "config",
  usage: "path | check [FILE] [--json] | show [--json]",
  summary: "where the config file is, what is wrong with it (78; warnings alone: 0), which values count",
  flags: { json: { type: "boolean", help: "as JSON" } },
  async run(line, context) {
    const [action = "", file] = line.words;
    if (!ACTIONS.includes(action)) {
      const near = suggestName(action, ACTIONS);
      const hint =
        near === undefined ? `write agentd config ${ACTIONS.join("|")}` : `did you mean '${near}'?`;
      throw new AgentdError(
        "usage",
        action === "" ? hint : `unknown config command '${printable(action)}' · ${hint}`,
      );
    }
    atMostWords(line, action === "check" ? 2 : 1);
    const { readConfigFile } = await import("../config-file.js");
    const found = await readConfigFile(
      context.env,
      file === undefined ? undefined : resolve(context.cwd, file),
    );
    const { path, exists, values, warnings } = found;
    const json = line.has("json");
    if (action === "path") {
      context.print(json ? jsonText({ v: 1, path, exists }) : path);
      return ExitStatus.Ok;
    }
    const missing = { message: "there is no such file", expected: "a file" };
    const problems = !exists && file !== undefined ? [missing] : found.problems;
    const status = problems.length === 0 ? ExitStatus.Ok : ExitStatus.Config;
    const lines = problemLines(path, problems);
    if (action === "check") {
      if (json) context.print(jsonText({ v: 1, path, exists, problems, warnings }));
      else for (const text of [...lines, ...problemLines(path, warnings, "warning")]) context.print(text);
      if (status === ExitStatus.Ok && warnings.length === 0 && !json)
        context.say(exists ? `${printable(path)} is fine` : `no ${printable(path)}: the defaults count`);
      return status;
    }
    // A broken file counts for nobody: what a daemon would say is said, and not the defaults as if they counted.
    if (status !== ExitStatus.Ok) throw new AgentdError("bad_config", `${lines[0]} · agentd config check`);
    if (json) context.print(jsonText({ v: 1, path, exists, values }));
    else for (const text of valueLines(values)) context.print(text);
    return status;
  },
};

/** A name with a dot in it would be two tables. */
function keyText(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
}

/** TOML again: simple values first, then the tables, as the format wants it. */
function valueLines(values: Readonly<Record<string, unknown>>, path: readonly string[] = []): string[] {
  const entries = Object.entries(values);
  const isTable = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  const simple = entries.filter(([, value]) => !isTable(value));
  const tables = entries.filter(([, value]) => isTable(value));
  const header = path.length > 0 && simple.length > 0 ? ["", `[${path.map(keyText).join(".")}]`] : [];
  return [
    ...header,
    ...simple.map(([key, value]) => `${key} = ${printable(JSON.stringify(value), 4000)}`),
    ...tables.flatMap(([key, value]) => valueLines(value as Record<string, unknown>, [...path, key])),
  ];
}
