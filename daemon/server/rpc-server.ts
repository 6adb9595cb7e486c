// JSON-RPC dispatch: a checked request goes to its handler; whatever comes back becomes one answer line.
import { randomBytes } from "node:crypto";
import { JSONRPCServer } from "json-rpc-2.0";
import { AgentdError } from "../../shared/errors.js";
import { printable, suggestName } from "../../shared/names.js";
import type { MethodName, Params, Result } from "../../shared/rpc.js";
import type { CallId } from "./call-gate.js";
import { paramChecks } from "./params.js";
import type { Request } from "./request.js";
import type { ServerLog } from "./server-log.js";

/** The handlers: a missing or misspelt method does not compile. */
export type MethodTable<Call> = {
  readonly [M in MethodName]: (params: Params<M>, call: Call) => Promise<Result<M>>;
};

export interface Answer {
  readonly ok: boolean;
  /** One line of JSON with its newline. */
  readonly line: string;
}

/**
 * Invariant: the text of an exception never leaves this process. A client sees an AgentdError as it is, and of anything else
 * only a reference under which the log has the rest.
 */
export class RpcServer<Call> {
  readonly #server: JSONRPCServer<{ readonly call: Call; readonly log: ServerLog }>;

  constructor(methods: MethodTable<Call>) {
    // Errors are logged where they are mapped; the package would print them to the console.
    this.#server = new JSONRPCServer({ errorListener: () => {} });
    this.#server.applyMiddleware(async (next, request, context) => {
      try {
        return await next(request, context);
      } catch (error) {
        return {
          jsonrpc: "2.0",
          id: request.id ?? null,
          error: errorBody(error, context.log, request.method),
        };
      }
    });
    this.#server.handleMethodNotFound = async ({ method }) => {
      const near = nearMethod(method, Object.keys(methods));
      const hint = near === undefined ? "is the daemon older than the client?" : `did you mean '${near}'?`;
      throw new AgentdError("method_not_found", `no method '${printable(method, 64)}' · ${hint}`);
    };
    for (const name of Object.keys(methods) as MethodName[]) this.#add(name, methods);
  }

  /** Runs a call; the handler's synchronous part has run when this returns. Never rejects. */
  async call(request: Request, call: Call, log: ServerLog): Promise<Answer> {
    const response = await this.#server.receive(request, { call, log });
    return { ok: response?.error === undefined, line: `${JSON.stringify(response)}\n` };
  }

  #add<M extends MethodName>(name: M, methods: MethodTable<Call>): void {
    this.#server.addMethod(name, (params: unknown, { call }) =>
      methods[name](paramChecks[name](params, ""), call),
    );
  }
}

/** The answer line for a line that never became a call. */
export function errorLine(id: CallId | null, error: unknown, log: ServerLog): string {
  return `${JSON.stringify({ jsonrpc: "2.0", id, error: errorBody(error, log) })}\n`;
}

function errorBody(thrown: unknown, log: ServerLog, method?: string) {
  const known = thrown instanceof AgentdError && thrown.code !== "internal";
  if (known) {
    const { code, details } = thrown;
    return {
      code: thrown.rpcCode,
      message: thrown.message,
      data: { code, ...(details === undefined ? {} : { details }) },
    };
  }
  const ref = randomBytes(4).toString("hex");
  log.error(
    { err: thrown, ref, ...(method === undefined ? {} : { method }) },
    "call failed inside the daemon",
  );
  const internal = new AgentdError(
    "internal",
    `something went wrong inside agentd · its log has it as ${ref}`,
  );
  return {
    code: internal.rpcCode,
    message: internal.message,
    data: { code: internal.code, details: { ref } },
  };
}

/** A slip of the keys, or the last word of a name alone: `list` for `shell.list`. */
function nearMethod(method: string, names: readonly string[]): string | undefined {
  const word = method.slice(0, 64);
  const meant = suggestName(word, names) ?? suggestName(word, names.map(lastWord));
  return names.find((name) => name === meant) ?? names.find((name) => lastWord(name) === meant);
}

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
