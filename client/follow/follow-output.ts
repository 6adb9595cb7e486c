// `tail -f`: prints what a shell prints, for as long as it lives.
import { ExitStatus } from "../../shared/errors.js";
import { noticeLine } from "../../shared/notice-text.js";
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import { errorJson, errorLine, jsonText } from "../text/format.js";
import type { LastLines } from "./last-lines.js";
import { LineText } from "./line-text.js";
import { SafeAnsi } from "./safe-ansi.js";
import { ShellFollower } from "./shell-follower.js";

export interface FollowOptions {
  readonly context: Context;
  /** Used up by this. */
  readonly connection: DaemonConnection;
  readonly name: string;
  readonly last: LastLines;
  readonly ansi: boolean;
  readonly json: boolean;
}

/** What comes in, what goes out; `begin` is given what stands there already. */
interface Printer {
  begin(last: LastLines): string;
  push(bytes: Uint8Array): string;
  resize(cols: number): void;
  /** Ends the line that has begun on the reader's terminal, if any. */
  lineEnd(): string;
  end(): string;
}

/** Resolves with the exit status: 0 when the shell ended, 254 when cut off from it. Ctrl-C ends the process with 130. */
export async function followOutput(options: FollowOptions): Promise<number> {
  const { context, connection, name, last, ansi, json } = options;
  const write = (text: string): boolean => text === "" || process.stdout.write(text);
  let hasScreen = last.alternate;
  const onAlternate = () => {
    hasScreen = true;
  };
  const printer = ansi ? ansiPrinter(last, onAlternate) : linePrinter(json, last, onAlternate);
  /** What a full-screen program draws is no lines: that is said instead, once for each. */
  const show = (text: string): boolean => {
    const isFast = write(hasScreen ? text + printer.lineEnd() : text);
    if (hasScreen) context.say(`full-screen program · agentd attach ${name} shows it`);
    hasScreen = false;
    return isFast;
  };
  show(last.alternate ? "" : printer.begin(last));
  const onInterrupt = () => {
    write(printer.end());
    process.exit(130);
  };
  process.once("SIGINT", onInterrupt);
  const follower = await ShellFollower.attach(context, connection, name, last.place, {
    onOutput: (bytes) => show(printer.push(bytes)),
    onNotice: (notice) => {
      if (notice.kind === "resized") printer.resize(notice.cols);
      // The end is no news for a reader of the output, and keys are not its matter.
      if (notice.kind === "lost" || notice.kind === "waiting" || notice.kind === "replayed") {
        const line = noticeLine(name, notice, Date.now())?.split(" · keys are kept")[0];
        if (line !== undefined) context.say(line);
      }
    },
    onGap: () => context.complain(`some output of ${name} is missing here`),
  });
  const onDrain = () => follower.resume();
  process.stdout.on("drain", onDrain);
  const end = await follower.run();
  process.stdout.off("drain", onDrain);
  process.off("SIGINT", onInterrupt);
  write(printer.end());
  if (end.kind === "over") return ExitStatus.Ok;
  if (json) context.print(errorJson(end.error));
  else context.complain(errorLine(end.error));
  return ExitStatus.CutOff;
}

function ansiPrinter({ alternate }: LastLines, onAlternate: () => void): Printer {
  const safe = new SafeAnsi(onAlternate, alternate);
  let isOpen = false;
  const note = (text: string) => {
    if (text !== "") isOpen = !text.endsWith("\n");
    return text;
  };
  return {
    begin: ({ lines, open }) => {
      const finished = open.text.trimEnd() === "" ? lines : lines.slice(0, -1);
      return note(
        `${finished.map((line) => `${line.ansi}\n`).join("")}${lines.length === 0 ? "" : open.ansi}`,
      );
    },
    push: (bytes) => note(safe.push(bytes)),
    resize: () => {},
    lineEnd: () => {
      const end = isOpen ? "\u001b[m\n" : "";
      isOpen = false;
      return end;
    },
    end: () => `\u001b[m${isOpen ? "\n" : ""}`,
  };
}

function linePrinter(json: boolean, { alternate, cols }: LastLines, onAlternate: () => void): Printer {
  const lines = new LineText({ cols, isAlternate: alternate, onAlternate });
  const shown = (text: string) => `${json ? jsonText({ v: 1, line: text }) : text}\n`;
  return {
    begin: (last) => {
      lines.begin(last.open.text, last.open.at);
      const finished = last.open.text.trimEnd() === "" ? last.lines : last.lines.slice(0, -1);
      return finished.map(({ text }) => shown(text)).join("");
    },
    push: (bytes) => [...lines.push(bytes)].map(shown).join(""),
    resize: (columns) => lines.resize(columns),
    lineEnd: () => "",
    end: () => (lines.rest === "" ? "" : shown(lines.rest)),
  };
}
