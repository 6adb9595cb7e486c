// `agentd resize`: gives a shell a size that holds, or says whose size it has.
import { AgentdError } from "../../shared/errors.js";
import { checkShellName, printable } from "../../shared/names.js";
import type { ShellInfo } from "../../shared/rpc.js";
import { isSizePolicy, parseSize, SIZE_POLICIES, type SizePolicy } from "../../shared/size.js";
import type { Command } from "../cli/command.js";
import type { CommandLine } from "../cli/command-line.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";

export const resize: Command = {
  name: "resize",
  aliases: ["resize-window", "resizew"],
  usage: "NAME COLSxROWS | NAME --policy latest|smallest|largest|manual",
  summary: "set the size of a shell, which then holds, or what decides it",
  flags: {
    policy: { type: "string", value: "POLICY", help: "latest (who typed last), smallest, largest or manual" },
    json: { type: "boolean", help: "as JSON" },
    target: { type: "string", short: "t", value: "NAME" },
    x: { type: "string", short: "x", value: "COLS" },
    y: { type: "string", short: "y", value: "ROWS" },
  },
  async run(line, context) {
    const target = line.value("target");
    const [name, sizeText, ...rest] = target === undefined ? line.words : [target, ...line.words];
    const sides = sizeFromSides(line);
    if (sizeText !== undefined && sides !== undefined)
      throw new AgentdError("usage", `give ${printable(sizeText, 20)}, or -x and -y, not both`);
    const text = sizeText ?? sides;
    const policy = policyFrom(line, "policy");
    if (name === undefined || rest.length > 0 || (text === undefined && policy === undefined)) {
      throw new AgentdError("usage", "resize needs a name and a size · agentd resize NAME 120x40");
    }
    checkShellName(name);
    const size = text === undefined ? {} : parseSize(text);
    if (text !== undefined && policy !== undefined && policy !== "manual") {
      throw new AgentdError("usage", `a size holds with --policy manual only, not with ${policy}`);
    }
    const connection = await context.connect();
    const { shell } = await withSuggestion(connection, name, () =>
      connection.call("shell.resize", {
        name,
        ...size,
        ...(policy === undefined ? {} : { sizePolicy: policy }),
      }),
    );
    connection.close();
    if (line.has("json")) context.print(jsonText({ v: 1, shell }));
    else context.say(sizeLine(name, shell));
    return 0;
  },
};

/** A size that holds is a surprise to whoever attaches next: how to take it back is said with it. */
function sizeLine(name: string, { cols, rows, sizePolicy = "latest" }: ShellInfo): string {
  const size = `${name} is ${cols}x${rows}`;
  if (sizePolicy !== "manual") return `${size} · size policy ${sizePolicy}`;
  return `${size} and stays so (size policy manual) · agentd resize ${name} --policy latest follows windows again`;
}

/** As with tmux: `-x COLS -y ROWS`. */
function sizeFromSides(line: CommandLine): string | undefined {
  const [cols, rows] = [line.value("x"), line.value("y")];
  if (cols === undefined && rows === undefined) return undefined;
  return `${cols ?? "?"}x${rows ?? "?"}`;
}

/** The value of a flag that takes a policy. @throws AgentdError `usage`. */
export function policyFrom(line: CommandLine, flag: string): SizePolicy | undefined {
  const text = line.value(flag);
  if (text === undefined || isSizePolicy(text)) return text;
  throw new AgentdError(
    "usage",
    `bad size policy '${printable(text, 20)}' · one of ${SIZE_POLICIES.join(", ")}`,
  );
}
