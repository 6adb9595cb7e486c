// `agentd runtime serve`: the AgentCore-compatible endpoint alone, as a program of its own.
import { AgentdError } from "../../shared/errors.js";
import type { Command } from "../cli/command.js";

export const runtime: Command = {
  name: "runtime",
  usage: "serve --listen 127.0.0.1:PORT [--config FILE]",
  summary: "serve the AgentCore shell protocol on this machine",
  flags: {
    listen: { type: "string", value: "HOST:PORT", help: "loopback address to listen on; port 0 picks one" },
    config: { type: "string", value: "FILE", help: "JSON: the server's knobs and who may call it" },
    unix: { type: "string", value: "PATH" },
  },
  async run(line) {
    if (line.words[0] !== "serve" || line.words.length > 1) {
      throw new AgentdError("usage", "runtime has one command · agentd runtime serve --listen 127.0.0.1:0");
    }
    if (!line.has("listen") && !line.has("unix"))
      throw new AgentdError(
        "usage",
        "runtime serve needs --listen · agentd runtime serve --listen 127.0.0.1:0 --config FILE",
      );
    const { runProgram } = await import("../daemon/run-program.js");
    const flags = ["listen", "config", "unix"].flatMap((flag) => {
      const value = line.value(flag);
      return value === undefined ? [] : [`--${flag}`, value];
    });
    return runProgram("runtime.cjs", ["serve", ...flags]);
  },
};
