// What is on a shell's screen, in the form that was asked for, and the place in the output that it is of.
import type { Params, Result } from "../../shared/rpc.js";
import { screenCells } from "../terminal/screen-cells.js";
import { screenHtml } from "../terminal/screen-html.js";
import { screenText } from "../terminal/screen-text.js";
import type { Shell } from "./shell.js";

/** See `shell.capture` in rpc.ts. */
export async function captureShell(
  shell: Shell,
  { format, ansi = false, ...options }: Params<"shell.capture">,
): Promise<Result<"shell.capture">> {
  await shell.ready();
  const { output } = shell;
  // The screen answers for all that came before this turn: so much has been given to the clients, too.
  const { epoch, offset, title } = output;
  const place = { epoch, offset };
  if (format === "json") {
    const screen = await output.scan((state) => screenCells(state, options));
    return { ...place, screen: { ...screen, ...(title === undefined ? {} : { title }) } };
  }
  if (format === "html") {
    const name = shell.record.name;
    return { ...place, text: await output.scan((state) => screenHtml(state, options, title ?? name)) };
  }
  const colored = format === "ansi" || ansi;
  return { ...place, text: await output.scan((state) => screenText(state, { ...options, ansi: colored })) };
}
