// What each method does: a thin layer between the socket and the shells.
import type { ConfigState, LogLevel } from "../../shared/daemon-care.js";
import { AgentdError } from "../../shared/errors.js";
import {
  type AttachParams,
  type AttachResult,
  type DaemonStatus,
  type HelloResult,
  type Params,
  PROTOCOL_VERSION,
  type Result,
  type ShellEvent,
  type ShellInfo,
  type UnsavedState,
} from "../../shared/rpc.js";
import type { Size, SizePolicy } from "../../shared/size.js";
import type { ShellExit } from "../../shared/status.js";
import type { ClientSink } from "../shell/clients/client-host.js";
import { type CloudShells, cloudMethods } from "./cloud-methods.js";
import type { Call, Connection, PacketReceiver } from "./connection.js";
import type { MethodTable } from "./rpc-server.js";
import { type RunInShell, runOver } from "./run-method.js";
import { type WatchableShells, watchMethods } from "./watch-methods.js";

/** The shells, as far as methods need them; every method throws AgentdError `shell_not_found` for an unknown name. */
export interface Shells extends CloudShells, WatchableShells {
  create(params: Params<"shell.new">): Promise<Result<"shell.new">>;
  /** @param program what the client calls itself */
  attach(
    sink: ClientSink,
    params: AttachParams,
    program: string,
  ): Promise<{ result: AttachResult; client: PacketReceiver }>;
  list(): readonly ShellInfo[];
  unsaved(): UnsavedState;
  /** @throws AgentdError `bad_arn` for a target that is not known. */
  check(params: Params<"daemon.check">): Promise<Result<"daemon.check">>;
  info(name: string): ShellInfo;
  kill(name: string, force: boolean): Promise<ShellExit | undefined>;
  rename(name: string, to: string): Promise<void>;
  label(name: string, changes: Params<"shell.label">["labels"]): Promise<Result<"shell.label">["labels"]>;
  detach(name: string | undefined): number;
  resize(name: string, request: { readonly size?: Size; readonly policy?: SizePolicy }): void;
  send(name: string, bytes: Uint8Array): void;
  run: RunInShell;
  capture(params: Params<"shell.capture">): Promise<Result<"shell.capture">>;
  /** @returns what ends the subscription. */
  subscribe(listener: (event: ShellEvent) => void): () => void;
}

export interface StopRequest {
  readonly localShells: boolean;
  readonly restart: boolean;
}

export interface ConfigControl {
  /** One line when the config file is broken and an older config is in use. */
  readonly trouble: string | undefined;
  reload(): ConfigState;
}

/** The web terminal, as far as methods need it. */
export interface WebAdmin {
  start(params: Params<"web.start">): Promise<Result<"web.start">>;
  link(params: Params<"web.link">): Promise<Result<"web.link">>;
  stop(): Promise<Result<"web.stop">>;
  list(): Result<"web.ls">;
  revoke(params: Params<"web.revoke">): Promise<Result<"web.revoke">>;
}

export interface MethodsOptions {
  readonly shells: Shells;
  /** As it is at this moment: the config may have changed. */
  readonly hello: () => Omit<HelloResult, "protocol">;
  readonly config: ConfigControl;
  /** @returns the level before. */
  readonly setLogLevel: (level: LogLevel) => LogLevel;
  readonly web: WebAdmin;
  readonly status: () => DaemonStatus;
  /** Throws when the next daemon could not start. */
  readonly checkRestart: () => void;
  /** Begins to stop the daemon; every connection ends soon after. */
  readonly stop: (request: StopRequest) => void;
}

export function createMethods({
  shells,
  web,
  hello,
  status,
  config,
  setLogLevel,
  checkRestart,
  stop,
}: MethodsOptions): MethodTable<Call> {
  /** However often a connection asks for events, it gets each once. */
  const subscribers = new WeakSet<Connection>();
  return {
    hello: async ({ protocol, client }, { connection }) => {
      connection.greet(protocol, client);
      return { protocol: PROTOCOL_VERSION, ...hello() };
    },

    "shell.new": async (params) => shells.create(params),
    "shell.list": async () => {
      const trouble = config.trouble;
      return {
        shells: shells.list(),
        ...(trouble === undefined ? {} : { configProblem: trouble }),
        ...shells.unsaved(),
      };
    },
    "shell.info": async ({ name }) => ({ shell: shells.info(name) }),

    "shell.attach": async (params, { connection, afterAnswer }) => {
      const { result, client } = await shells.attach(connection.sink, params, connection.program);
      afterAnswer(() => connection.becomeStream(client));
      return result;
    },

    "shell.kill": async ({ name, force = false }) => {
      const exit = await shells.kill(name, force);
      return exit === undefined ? {} : { exit };
    },

    "shell.rename": async ({ name, to }) => {
      await shells.rename(name, to);
      return {};
    },

    "shell.label": async ({ name, labels }) => ({ labels: await shells.label(name, labels) }),

    "shell.detach": async ({ name }) => ({ detached: shells.detach(name) }),

    "shell.resize": async ({ name, cols, rows, sizePolicy: policy }) => {
      if ((cols === undefined) !== (rows === undefined)) {
        throw new AgentdError("invalid_params", "a size has both cols and rows");
      }
      const size = cols === undefined || rows === undefined ? {} : { size: { cols, rows } };
      shells.resize(name, { ...size, ...(policy === undefined ? {} : { policy }) });
      return { shell: shells.info(name) };
    },

    "shell.send": async ({ name, data }) => {
      const bytes = Buffer.from(data, "base64");
      shells.send(name, bytes);
      return { bytes: bytes.length };
    },

    "shell.run": (params, { connection }) => runOver(connection, params, shells.run),

    "shell.capture": async (params) => shells.capture(params),

    ...cloudMethods(shells),
    ...watchMethods(shells),

    "daemon.status": async () => status(),
    "daemon.reload": async () => ({ config: config.reload() }),
    "daemon.logLevel": async ({ level }) => ({ before: setLogLevel(level) }),
    "daemon.check": async (params) => shells.check(params),

    "daemon.stop": async ({ localShells = false, restart = false }, { afterAnswer }) => {
      if (localShells && restart) {
        throw new AgentdError(
          "invalid_params",
          "a restart keeps the local shells · leave out one of the two",
        );
      }
      if (restart) checkRestart();
      afterAnswer(() => stop({ localShells, restart }));
      return {};
    },

    "web.start": async (params) => web.start(params),
    "web.link": async (params) => web.link(params),
    "web.stop": async () => web.stop(),
    "web.ls": async () => web.list(),
    "web.revoke": async (params) => web.revoke(params),

    "events.subscribe": async (_, { connection, afterAnswer }) => {
      if (subscribers.has(connection)) return { shells: shells.list() };
      subscribers.add(connection);
      // The list and the subscription are of the same turn; what happens until the answer is written waits behind it.
      let waiting: ShellEvent[] | undefined = [];
      const end = shells.subscribe((event) =>
        waiting === undefined ? connection.notify(event) : waiting.push(event),
      );
      connection.onClose(end);
      afterAnswer(() => {
        for (const event of waiting ?? []) connection.notify(event);
        waiting = undefined;
      });
      return { shells: shells.list() };
    },
  };
}
