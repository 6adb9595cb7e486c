// Types the start command into a new cloud shell, once, when its prompt has come: the protocol has no other way to start a program.
import type { Clock } from "../../upstream/clock.js";
import type { Shell } from "../shell.js";

/** A prompt is output that pauses for so long. */
const PAUSE_MS = 250;
/** A shell that says nothing, or does not stop talking, reads what is typed all the same. */
const SILENT_MS = 3_000;
const LATEST_MS = 10_000;

/**
 * Call it once, for a shell that was just made. The command is not kept: after a crash it is never typed rather than twice,
 * and a shell that takes the place of this one does not get it.
 */
export function typeStartCommand(
  shell: Pick<Shell, "input" | "output" | "state" | "info">,
  command: string,
  clock: Clock,
): void {
  const deadline = clock.monotonic() + LATEST_MS;
  let cancel = () => {};
  const type = () => {
    unwatch();
    if (shell.state.kind !== "live" || shell.info().verdict === "new") return;
    try {
      shell.input.send(Buffer.from(`${command.replaceAll(/\r?\n/g, "\r")}\r`));
    } catch {
      // It has ended in this moment.
    }
  };
  const typeIn = (delayMs: number) => {
    cancel();
    cancel = clock.setTimeout(type, Math.max(0, Math.min(delayMs, deadline - clock.monotonic())));
  };
  const unwatch = shell.output.watchers.add(() => typeIn(PAUSE_MS));
  // The prompt may have come before.
  typeIn(shell.output.offset > 0 ? PAUSE_MS : SILENT_MS);
}
