// From the filled-in form to the call that makes the shell.
import { resolve } from "node:path";
import type { Params } from "../../shared/rpc.js";
import type { NewShellRequest } from "./form.js";

export interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly umask: number;
  readonly cols: number;
  readonly rows: number;
}

export function newShellParams(request: NewShellRequest, place: Place): Params<"shell.new"> {
  const { command, directory, name, target } = request;
  const size = { cols: place.cols, rows: place.rows };
  if (target !== "local") return { name, target: { kind: "agentcore", runtimeArn: target }, ...size };
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(place.env)) if (value !== undefined) env[key] = value;
  const cwd =
    directory === undefined ? place.cwd : resolve(place.cwd, withHome(directory, place.env["HOME"]));
  return {
    name,
    target: {
      kind: "local",
      cwd,
      umask: place.umask,
      env: { ...env, AGENTD_SHELL: name },
      ...(command === undefined ? {} : { command: ["/bin/sh", "-c", command] }),
    },
    ...size,
  };
}

function withHome(directory: string, home: string | undefined): string {
  return home === undefined ? directory : directory.replace(/^~(?=\/|$)/, () => home);
}
