// From the filled-in form to the call that makes the shell.
import { resolve } from "node:path";
import type { Params } from "../../shared/rpc.js";
import { credentialsFrom } from "../cli/cloud-target.js";
import { localTarget } from "../cli/target-request.js";
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
  const { cols, cwd, env, rows, umask } = place;
  if (target !== "local") {
    const cloud = { kind: "agentcore", runtimeArn: target, ...credentialsFrom(env) } as const;
    return { name, target: cloud, cols, rows };
  }
  const start = directory === undefined ? cwd : resolve(cwd, withHome(directory, env["HOME"]));
  const words = command === undefined ? undefined : ["/bin/sh", "-c", command];
  return { name, target: localTarget({ env, cwd: start, umask, shellName: name }, words), cols, rows };
}

function withHome(directory: string, home: string | undefined): string {
  return home === undefined ? directory : directory.replace(/^~(?=\/|$)/, () => home);
}
