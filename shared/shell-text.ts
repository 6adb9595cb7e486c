// A shell's state and place in words: the same in a terminal and in a browser.
import { printable } from "./names.js";
import type { ShellInfo } from "./rpc.js";
import { signalName } from "./signal-name.js";

/** `live`, `ended 0`, `ended SIGKILL`, `reconnecting (no route to host)`. @param reasonText the reason as it is shown there */
export function stateText(shell: ShellInfo, reasonText: (reason: string) => string): string {
  const { exitCode = "?", reason, signal, state } = shell;
  if (state === "ended") return `ended ${signal === undefined ? exitCode : signalName(signal)}`;
  return state === "live" || reason === undefined ? state : `${state} (${reasonText(reason)})`;
}

/** `local`, or the region and the runtime's own name in its ARN. */
export function whereText(shell: ShellInfo): string {
  if (shell.kind === "local") return "local";
  const runtime = shell.runtimeArn?.split("/").at(-1) ?? "agentcore";
  return printable(shell.region === undefined ? runtime : `${shell.region}/${runtime}`, 60);
}
