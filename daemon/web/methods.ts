// What a browser may call: an allow-list by the kind of its pass, and nothing of shells that its pass does not open.
import { AgentdError } from "../../shared/errors.js";
import { printable } from "../../shared/names.js";
import type { MethodName, ShellInfo } from "../../shared/rpc.js";
import type { Call } from "../server/connection.js";
import type { Request } from "../server/request.js";
import type { MethodTable } from "../server/rpc-server.js";
import { errorFor } from "./error-sight.js";
import type { WebPass } from "./pass.js";
import { opens, shellFor } from "./sight.js";

const READS: readonly MethodName[] = [
  "hello",
  "shell.list",
  "shell.info",
  "shell.capture",
  "shell.attach",
  "shell.watch",
  "shell.unwatch",
  "events.subscribe",
];
const TYPES: readonly MethodName[] = ["shell.send", "shell.resize"];
const OWNS: readonly MethodName[] = [
  "shell.new",
  "shell.kill",
  "shell.rename",
  "shell.label",
  "shell.detach",
  "daemon.status",
];

/**
 * The methods as the holder of `pass` has them. What is not listed here is refused, also what is added to the table later.
 * `pass` is looked at with each call: its shell may have got another name, or its time may be over.
 */
export function webMethods(methods: MethodTable<Call>, pass: WebPass): MethodTable<Call> {
  const allowed = new Set<string>([
    ...READS,
    ...(pass.readOnly ? [] : TYPES),
    ...(pass.kind === "owner" && !pass.readOnly ? OWNS : []),
  ]);
  const table = Object.fromEntries(
    Object.entries(methods).map(([name, method]) => {
      const call = method as (params: { readonly name?: string }, call: Call) => Promise<unknown>;
      const guarded = async (params: { readonly name?: string }, context: Call) => {
        if (pass.isOver === true) throw new AgentdError("access_denied", "this link has ended");
        if (!allowed.has(name)) throw notAllowed(name, pass);
        if (params.name !== undefined && name !== "shell.new" && !opens(pass, params.name))
          throw new AgentdError("shell_not_found", `no shell '${printable(params.name)}'`);
        try {
          return await call(params, context);
        } catch (error) {
          throw errorFor(pass, error);
        }
      };
      return [name, guarded];
    }),
  ) as unknown as MethodTable<Call>;
  const seen = (shells: readonly ShellInfo[]) =>
    shells.filter(({ name }) => opens(pass, name)).map((shell) => shellFor(pass, shell));
  const one = <T extends { readonly shell: ShellInfo }>(result: T): T => ({
    ...result,
    shell: shellFor(pass, result.shell),
  });
  const isOwner = pass.kind === "owner";
  return {
    ...table,
    hello: async (params, call) => {
      const result = await table.hello(params, call);
      // The names of the owner's targets are nobody else's business.
      return isOwner ? result : { ...result, client: { prefix: result.client.prefix } };
    },
    "shell.list": async (params, call) => {
      const { shells, ...rest } = await table["shell.list"](params, call);
      // The rest is about the daemon's own disk and files.
      return { shells: seen(shells), ...(isOwner ? rest : {}) };
    },
    "events.subscribe": async (params, call) => {
      const { shells } = await table["events.subscribe"](params, call);
      return { shells: seen(shells) };
    },
    "shell.info": async (params, call) => one(await table["shell.info"](params, call)),
    "shell.resize": async (params, call) => one(await table["shell.resize"](params, call)),
    "shell.attach": async (params, call) => {
      if (!isOwner && (params.take === true || params.detachOthers === true))
        throw notAllowed("shell.attach with take or detachOthers", pass);
      // No page has a terminal or a process on this machine, whatever it says.
      const { tty: _, pid: __, ...wanted } = params;
      return one(await table["shell.attach"](pass.readOnly ? { ...wanted, readOnly: true } : wanted, call));
    },
  };
}

/** A page has no directory and no environment: a local shell that it asks for gets those of the daemon's owner. */
export function withHome(
  request: Request,
  home: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Request {
  const { target } = request.params;
  if (request.method !== "shell.new" || typeof target !== "object" || target === null) return request;
  if (!("kind" in target) || target.kind !== "local") return request;
  const { name } = request.params;
  const env = { ...home.env, ...(typeof name === "string" ? { AGENTD_SHELL: name } : {}) };
  return { ...request, params: { ...request.params, target: { ...target, cwd: home.cwd, env } } };
}

function notAllowed(what: string, { readOnly }: WebPass): AgentdError {
  return readOnly
    ? new AgentdError("read_only", `${what} is not part of a read-only link`)
    : new AgentdError("access_denied", `${what} is not part of this link`);
}
