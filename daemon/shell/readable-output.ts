// What the verbs that read a screen or follow the output see of a shell.
import type { OutputPath } from "./output-path.js";

export type ReadableOutput = Pick<
  OutputPath,
  "look" | "scan" | "reportBacklog" | "watchers" | "size" | "isAlternate" | "epoch" | "offset" | "title"
>;
