// One line on stderr that tells how long something has taken, for calls that may take minutes.
import type { Context } from "../cli/context.js";
import { dimLine, formatDuration } from "./format.js";

/** What is done within this time needs no line. */
const QUIET_MS = 1000;

export interface Progress {
  /** Removes the line. */
  stop(): void;
}

/** Shows `[what · 5s · hint]`, rewritten every second; nothing with `-q` or when stderr is no terminal. */
export function showProgress(
  what: string,
  { stderr, quiet, color }: Pick<Context, "stderr" | "quiet" | "color">,
  hint = "Ctrl-C leaves",
): Progress {
  if (quiet || stderr.isTTY !== true) return { stop: () => {} };
  const started = performance.now();
  let shown = false;
  const timer = setInterval(() => {
    const elapsed = formatDuration(performance.now() - started);
    stderr.write(`\r${dimLine(`${what} · ${elapsed} · ${hint}`, color)}\u001b[K`);
    shown = true;
  }, QUIET_MS);
  timer.unref();
  const onInterrupt = () => {
    stop();
    process.exit(130);
  };
  process.once("SIGINT", onInterrupt);
  const stop = () => {
    clearInterval(timer);
    process.off("SIGINT", onInterrupt);
    if (shown) stderr.write("\r\u001b[K");
    shown = false;
  };
  return { stop };
}
