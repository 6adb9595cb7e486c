// Wires the shells: registry, store, links to AgentCore and to the local runtime.
import { AgentdError } from "../shared/errors.js";
import type { Config } from "./config.js";
import type { OwnedShells } from "./daemon.js";
import type { Log } from "./log.js";
import type { Scrubber } from "./scrubber.js";

export interface ShellsOptions {
  readonly stateDirectory: string;
  readonly runtimeSocketPath: string;
  readonly config: Config;
  readonly log: Log;
  readonly scrubber: Scrubber;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function openShells(_options: ShellsOptions): Promise<OwnedShells> {
  const none = () => {
    throw new AgentdError("shell_not_found", "no shells yet");
  };
  return {
    create: none,
    attach: none,
    list: () => [],
    info: none,
    kill: none,
    rename: none,
    detach: none,
    send: none,
    capture: none,
    subscribe: () => () => {},
    stop: async () => {},
    stopLocalShells: async () => {},
  };
}
