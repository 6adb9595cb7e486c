// How this program is called where it stands: `agentd` where the PATH has it, else the path that it was started by.

import { join, relative } from "node:path";
import { isExecutable } from "../../shared/host/executable.js";
import { quoteWords } from "../../shared/shell-quote.js";

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
  return quoteWords(words);
}
