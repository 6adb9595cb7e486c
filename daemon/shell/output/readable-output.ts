// What the verbs that read a screen or follow the output see of a shell.
import type { XtermState } from "../../terminal/xterm/xterm-state.js";
import type { OutputPath } from "./output-path.js";

export type ReadableOutput = Pick<
  OutputPath,
  "scan" | "reportBacklog" | "watchers" | "size" | "isAlternate" | "epoch" | "offset" | "title"
>;

/** A short look at the terminal's state, between two pieces of output. */
export function look<T>(output: ReadableOutput, read: (state: XtermState) => T): Promise<T> {
  return output.scan((state) => ({ next: () => ({ done: true, value: read(state) }) }));
}
