// Watches the process in which a command was begun: a shell inside of the shell may end, and never say how the command did.
import type { Clock } from "../../upstream/clock.js";
import type { ProcessHost } from "./process-host.js";

const LOOK_EVERY_MS = 500;
/** What it wrote last may still be on its way: the output is over when nothing came for so long. */
const QUIET_MS = 1_000;

export interface FrontWatchOptions {
  readonly host: Pick<ProcessHost, "startOf">;
  readonly clock: Pick<Clock, "setTimeout" | "monotonic">;
  readonly pid: number;
  /** When the last output came, by the same clock; Infinity while some of it is kept back. */
  lastOutputAt(): number;
  onEnd(): void;
}

/** `onEnd` comes at most once. @returns what ends the watch. */
export function watchFront({ clock, host, lastOutputAt, onEnd, pid }: FrontWatchOptions): () => void {
  let isOver = false;
  let cancel = () => {};
  const later = (next: () => void) => {
    if (!isOver) cancel = clock.setTimeout(next, LOOK_EVERY_MS);
  };
  const end = (since: number) => {
    if (clock.monotonic() - Math.max(since, lastOutputAt()) < QUIET_MS) return later(() => end(since));
    isOver = true;
    onEnd();
  };
  const look = async (before: string) => {
    const now = await host.startOf(pid);
    if (isOver) return;
    if (now === before) later(() => void look(before));
    else end(clock.monotonic());
  };
  // What cannot be seen at the beginning is not watched.
  void host.startOf(pid).then((start) => start !== undefined && later(() => void look(start)));
  return () => {
    isOver = true;
    cancel();
  };
}
