// Keeps the terminal from answering what a snapshot seems to ask: a drawing asks nothing.
import type { IFunctionIdentifier, Terminal } from "@xterm/xterm";

/** Everything that xterm.js answers: device attributes, status, modes, version; settings; colours. */
const CSI: readonly IFunctionIdentifier[] = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" },
  { prefix: "?", final: "u" },
  { final: "t" },
];
const OSC_COLORS = [4, 10, 11, 12];

/** @param isDrawing whether what is being parsed is part of a snapshot. */
export function guardQuestions(terminal: Terminal, isDrawing: () => boolean): void {
  for (const id of CSI) terminal.parser.registerCsiHandler(id, () => isDrawing());
  terminal.parser.registerDcsHandler({ intermediates: "$", final: "q" }, () => isDrawing());
  // Setting a colour is part of a drawing, asking for one is not.
  for (const code of OSC_COLORS)
    terminal.parser.registerOscHandler(code, (data) => isDrawing() && data.split(";").includes("?"));
}
