// `agentd send`: types into a shell without attaching.
import { AgentdError } from "../../shared/errors.js";
import { chunksOf } from "../../shared/frame.js";
import { checkShellName } from "../../shared/names.js";
import type { Command } from "../cli/command.js";
import { textFrom } from "../cli/text-source.js";
import { withSuggestion } from "../shell-names.js";
import { jsonText } from "../text/format.js";
import { keyText, pasteText } from "../text/key-names.js";

/** One call's share: as base64 it stays far below the daemon's limit for a line (256 KiB). */
const CALL_BYTES = 96 * 1024;

/** A shell that takes its input slowly makes `send` wait, not fail. */
const SEND_LIMIT_MS = 60_000;

export const send: Command = {
  name: "send",
  aliases: ["send-keys"],
  usage: "NAME [-l] KEYS... [--enter] [--paste FILE|-]",
  summary: "type into a shell: text and key names (Enter, C-c, M-x, Up, F5, Space, BSpace)",
  flags: {
    literal: { type: "boolean", short: "l", help: "KEYS are text, even where they name a key" },
    enter: { type: "boolean", help: "press Enter at the end" },
    paste: {
      type: "string",
      value: "FILE|-",
      help: "paste a file or stdin (marked as a paste where the program asked for it)",
    },
    json: { type: "boolean", help: "as JSON" },
    target: { type: "string", short: "t", value: "NAME" },
  },
  async run(line, context) {
    const target = line.value("target");
    const words = [...line.words];
    const name = target ?? words.shift();
    if (name === undefined) throw new AgentdError("usage", "send needs a name · agentd send NAME KEYS...");
    checkShellName(name);
    const paste = line.value("paste");
    if (words.length === 0 && paste === undefined && !line.has("enter")) {
      throw new AgentdError("usage", `nothing to send · agentd send ${name} 'ls' Enter`);
    }
    const typed = words.map((word) => (line.has("literal") ? word : keyText(word)));
    const pasted = paste === undefined ? undefined : await textFrom(paste);
    const connection = await context.connect();
    if (pasted !== undefined) {
      // What did not ask for marks would take them for typing.
      const { screen } = await withSuggestion(connection, name, () =>
        connection.call("shell.capture", { name, format: "json", start: 0, end: 0 }),
      );
      typed.push(pasteText(pasted, screen?.bracketedPaste === true));
    }
    const text = `${typed.join("")}${line.has("enter") ? "\r" : ""}`;
    for (const chunk of chunksOf(Buffer.from(text), CALL_BYTES)) {
      const data = Buffer.from(chunk).toString("base64");
      await withSuggestion(connection, name, () =>
        connection.call("shell.send", { name, data }, SEND_LIMIT_MS),
      );
    }
    connection.close();
    if (line.has("json")) context.print(jsonText({ v: 1, name, bytes: Buffer.byteLength(text) }));
    return 0;
  },
};
