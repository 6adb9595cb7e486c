// What is on a shell's screen, in the form that was asked for, and the place in the output that it is of.
import { AgentdError } from "../../../shared/errors.js";
import type { Params, Result } from "../../../shared/rpc.js";
import { screenCells } from "../../terminal/reading/screen-cells.js";
import { screenHtml } from "../../terminal/reading/screen-html.js";
import { screenText } from "../../terminal/reading/screen-text.js";
import type { Shell } from "../shell.js";

/** Our bound on one answer: it is held in memory, here and in the client. Ten times the usual history. */
const MAX_CAPTURE_BYTES = 32 * 1024 * 1024;

/** See `shell.capture` in rpc.ts. @throws AgentdError `too_large`. */
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
    const screen = await output.scan((state) => bounded(screenCells(state, options)));
    return { ...place, screen: { ...screen, ...(title === undefined ? {} : { title }) } };
  }
  if (format === "html") {
    const name = shell.record.name;
    const page = await output.scan((state) => bounded(screenHtml(state, options, title ?? name)));
    return { ...place, text: page };
  }
  const colored = format === "ansi" || ansi;
  const text = await output.scan((state) => bounded(screenText(state, { ...options, ansi: colored })));
  return { ...place, text };
}

/** @param steps each tells how many bytes came with it */
function* bounded<T>(steps: Generator<number, T>): Generator<undefined, T> {
  let bytes = 0;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    bytes += step.value;
    if (bytes > MAX_CAPTURE_BYTES)
      throw new AgentdError(
        "too_large",
        `the answer would be over ${MAX_CAPTURE_BYTES / 1024 / 1024} MiB · ask for fewer lines`,
      );
    yield;
  }
}
