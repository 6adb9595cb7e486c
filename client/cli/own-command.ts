// How this program is called where it stands: `agentd` where the PATH has it, else the path that it was started by.
import { accessSync, constants } from "node:fs";
import { join, relative } from "node:path";
import { shellQuote } from "../text/shell-quote.js";

/** For a line to be copied. @param script the program's file, absolute */
export function ownCommand(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  script: string,
): string {
  const directories = (env["PATH"] ?? "").split(":").filter((directory) => directory !== "");
  if (directories.some((directory) => isExecutable(join(directory, "agentd")))) return "agentd";
  const near = relative(cwd, script);
  const path = near.startsWith("..") ? script : near;
  const words = isExecutable(script) && path.includes("/") ? [path] : ["node", path];
  return shellQuote(words);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
