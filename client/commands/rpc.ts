// `agentd rpc`: one call of the local socket protocol.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { MethodName, Params } from "../../shared/rpc.js";
import type { Command } from "../cli/command.js";
import { atMostWords } from "../cli/command-line.js";
import { warnOfSecret } from "../cli/visible-secret.js";
import { jsonText } from "../text/format.js";

/** A cloud shell may take as long as `new` waits for it. */
const CALL_LIMIT_MS = 345_000;
/** They change what the connection is: other commands are made for that. */
const STREAMS: Readonly<Record<string, string>> = {
  "shell.attach": "agentd attach NAME, or tail -f NAME",
  "events.subscribe": "agentd events --json",
  "shell.watch": "agentd tail -f NAME",
  "exec.run": 'agentd exec --runtime ARN "command"',
  hello: "agentd version",
};

export const rpc: Command = {
  name: "rpc",
  usage: "METHOD [JSON]",
  summary: "one call of the socket protocol (docs/protocol.md); prints the result as JSON",
  flags: { json: { type: "boolean", help: "errors as JSON too" } },
  async run(line, context) {
    atMostWords(line, 2);
    const [method, text = "{}"] = line.words;
    if (method === undefined) throw new AgentdError("usage", "rpc needs a method · agentd rpc shell.list");
    if (Object.hasOwn(STREAMS, method)) {
      throw new AgentdError("usage", `${method} is no single call · ${STREAMS[method]}`);
    }
    const params = parseParams(text);
    if (holdsToken(params))
      warnOfSecret("the bearerToken", "bearerTokenFile, or agentd new --bearer-token-file FILE", context);
    const connection = await context.connect();
    const result = await connection.call(method as MethodName, params as Params<MethodName>, CALL_LIMIT_MS);
    connection.close();
    context.print(jsonText(result));
    return 0;
  },
};

/** A bearer token, wherever in the params. */
function holdsToken(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([key, inner]) => (key === "bearerToken" && typeof inner === "string") || holdsToken(inner),
  );
}

function parseParams(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new AgentdError(
    "usage",
    `bad params '${printable(text, 40)}' · write a JSON object, such as '{"name":"work"}'`,
  );
}
