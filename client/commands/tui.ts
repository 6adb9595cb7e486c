// `agentd tui`: all shells at a glance; what `agentd` alone does on a terminal.
import { AgentdError } from "../../shared/errors.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";

export const tui: Command = {
  name: "tui",
  aliases: ["top"],
  usage: "[NAME]",
  summary: "all shells at a glance (also: agentd alone, on a terminal)",
  async run(line) {
    atMostWords(line, 1);
    if (process.stdin.isTTY !== true || process.stdout.isTTY !== true)
      throw new AgentdError("usage", "no terminal here · without one: agentd ls");
    const [name] = line.words;
    const { runProgram } = await import("../daemon/run-program.js");
    return runProgram("tui.cjs", name === undefined ? [] : ["--select", name]);
  },
};
