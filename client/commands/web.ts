// `agentd web`: the shells in a browser, and who may see them there.
import type { Command } from "../cli/command.js";

export const web: Command = {
  name: "web",
  usage: "[--port N] [--link NAME] [--read-only] [--for 1h] | ls [--json] | revoke ID|--all | --stop",
  summary: "the shells in a browser on this machine",
  flags: {
    port: { type: "string", value: "N", help: "listen on this port (default: any that is free)" },
    "print-url": { type: "boolean", help: "print nothing but the address" },
    link: { type: "string", value: "NAME", help: "an address that opens only this shell" },
    "read-only": { type: "boolean", help: "an address for looking, not typing" },
    for: { type: "string", value: "TIME", help: "an address that ends after 30m, 8h, 2d" },
    socket: {
      type: "string",
      value: "PATH",
      help: "listen on a Unix socket, for ssh -L (see docs/security.md)",
    },
    as: { type: "string", value: "HOST:PORT", help: "with --socket: what the browser opens, localhost:8080" },
    stop: { type: "boolean", help: "turn it off: every link ends" },
    all: { type: "boolean", help: "revoke: every link" },
    json: { type: "boolean", help: "as JSON" },
  },
  async run(line, context) {
    const { runWeb } = await import("../web-command.js");
    return runWeb(line, context);
  },
};
