// Where the daemon keeps its files: runtime, state and config.
import { isAbsolute, join } from "node:path";
import { AgentdError } from "../shared/errors.js";
import { chooseRuntimeDirectory, named, type PathInputs } from "../shared/host/runtime-directory.js";
import { openSafeDirectory } from "../shared/host/safe-directory.js";
import { printable } from "../shared/names.js";

/** Makes, checks and returns the directory for sockets and locks, with what was passed over. @throws AgentdError `unsafe_directory`. */
export function openRuntimeDirectory(inputs: PathInputs): { path: string; warnings: readonly string[] } {
  const { path, parents, warnings } = chooseRuntimeDirectory(inputs);
  return { path: openSafeDirectory(path, { parents }), warnings };
}

/** Makes, checks and returns the directory for state and logs. @throws AgentdError `unsafe_directory`. */
export function openStateDirectory({ env, home }: PathInputs): string {
  const chosen = named(env, "AGENTD_STATE_DIR");
  const base = absolute(env["XDG_STATE_HOME"]) ?? join(home, ".local", "state");
  return openSafeDirectory(chosen ?? join(base, "agentd"), { parents: true });
}

/** The path of the config file, which may be absent. @throws AgentdError `bad_config` for a relative `$AGENTD_CONFIG`. */
export function configPath({ env, home }: PathInputs): string {
  const chosen = env["AGENTD_CONFIG"];
  if (chosen !== undefined && chosen !== "") {
    if (isAbsolute(chosen)) return chosen;
    throw new AgentdError(
      "bad_config",
      `AGENTD_CONFIG '${printable(chosen)}' is not absolute · write the whole path`,
    );
  }
  return join(absolute(env["XDG_CONFIG_HOME"]) ?? join(home, ".config"), "agentd", "config.toml");
}

/** The XDG specification: a relative path is invalid and must be ignored. */
function absolute(value: string | undefined): string | undefined {
  return value !== undefined && isAbsolute(value) ? value : undefined;
}
