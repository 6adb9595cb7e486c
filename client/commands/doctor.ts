// `agentd doctor`: what is wrong, and the command that mends it.
import { homedir } from "node:os";
import type { Finding } from "../../shared/daemon-care.js";
import { printable } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";
import { jsonText } from "../text/format.js";

export const doctor: Command = {
  name: "doctor",
  usage: "[NAME | --target ARN|ALIAS] [--json]",
  summary: "find what is wrong, with the command that mends it",
  flags: {
    target: {
      type: "string",
      short: "t",
      value: "ARN|ALIAS",
      help: "look at the way to this AgentCore runtime too (starts nothing there)",
    },
    json: { type: "boolean", help: "as JSON" },
  },
  async run(line, context) {
    atMostWords(line, 1);
    const [name] = line.words;
    const target = line.value("target");
    const { examine } = await import("../doctor/examination.js");
    const { exitStatus } = await import("../doctor/findings.js");
    const { showProgress } = await import("../text/progress.js");
    const progress = showProgress("looking", context);
    const question = { ...(name === undefined ? {} : { name }), ...(target === undefined ? {} : { target }) };
    const { findings, notes } = await examine(question, context, context.env["HOME"] || homedir()).finally(
      () => progress.stop(),
    );
    if (line.has("json")) context.print(jsonText({ v: 1, findings, notes }));
    else {
      for (const finding of findings) context.print(paragraph(finding));
      for (const note of notes) context.print(printable(note, 400));
      if (findings.length === 0) context.print("nothing is wrong");
    }
    return exitStatus(findings);
  },
};

function paragraph({ severity, id, what, fix }: Finding): string {
  return `${severity}: ${printable(what, 600)} (${id})\n    ${printable(fix, 600)}`;
}
