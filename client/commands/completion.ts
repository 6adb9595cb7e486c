// `agentd completion bash|zsh|fish`: the script that makes Tab work.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";

export const completion: Command = {
  name: "completion",
  usage: "bash|zsh|fish",
  summary: 'print the script for Tab, as in: eval "$(agentd completion bash)"',
  async run(line, context) {
    atMostWords(line, 1);
    const [shell = ""] = line.words;
    const { completionScripts } = await import("../completion/scripts.js");
    const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined;
    if (script === undefined) {
      const known = Object.keys(completionScripts).join("|");
      const what = shell === "" ? "" : `no completion for '${printable(shell)}' · `;
      throw new AgentdError("usage", `${what}write agentd completion ${known}`);
    }
    context.print(script);
    return 0;
  },
};
