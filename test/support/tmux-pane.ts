// A real tmux pane that is fed bytes, as a second opinion on what they draw.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Why tmux cannot be used here; undefined when it can. */
export function tmuxMissing(): string | undefined {
  const { status } = spawnSync("tmux", ["-V"]);
  return status === 0 ? undefined : "tmux is not installed";
}

export interface PaneContent {
  readonly text: string;
  /** Scrollback and screen. */
  readonly history: string;
  /** Cursor, margins and modes as tmux formats them. */
  readonly state: string;
}

const STATE =
  "#{cursor_x},#{cursor_y} alternate #{alternate_on} saved #{?alternate_on,#{alternate_saved_x} #{alternate_saved_y},} " +
  "margins #{scroll_region_upper},#{scroll_region_lower} origin #{origin_flag} insert #{insert_flag} wrap #{wrap_flag} " +
  "keypad #{keypad_flag} #{keypad_cursor_flag} cursor #{cursor_flag} " +
  "mouse #{mouse_standard_flag}#{mouse_button_flag}#{mouse_any_flag}#{mouse_sgr_flag}#{mouse_utf8_flag} title #{pane_title}";

/** A tmux server of its own, with no configuration. */
export class TmuxServer {
  readonly #name: string;
  readonly #folder: string;
  #panes = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#name = `test-${process.pid}-${Date.now()}`;
  }

  /** Writes `bytes` to a new pane and returns what it shows, once tmux has parsed all of it. */
  show(bytes: Uint8Array, cols: number, rows: number): PaneContent {
    const id = `pane${++this.#panes}`;
    const file = join(this.#folder, id);
    writeFileSync(file, bytes);
    // tmux answers DSR 5 with four bytes, after everything before it.
    const script = `stty raw -echo; cat ${file}; printf '\\033[5n'; head -c 4 > /dev/null; tmux -L ${this.#name} wait-for -S ${id}; sleep 60`;
    this.#run(
      "new-session",
      "-d",
      "-s",
      id,
      "-x",
      String(cols),
      "-y",
      String(rows),
      script,
      ";",
      "set",
      "-g",
      "status",
      "off",
      ";",
      // Or it keeps what is cleared as history, which few others do.
      "set",
      "-gwq",
      "scroll-on-clear",
      "off",
    );
    this.#run("resize-window", "-t", id, "-x", String(cols), "-y", String(rows));
    this.#run("wait-for", id);
    const content = {
      text: neutral(this.#run("capture-pane", "-p", "-t", id)),
      history: neutral(this.#run("capture-pane", "-p", "-S", "-", "-t", id)),
      state: this.#run("display-message", "-p", "-t", id, STATE),
    };
    return content;
  }

  close(): void {
    this.#run("kill-server");
  }

  #run(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", this.#name, "-f", "/dev/null", ...args], {
      encoding: "utf8",
      timeout: 15_000,
      env: {
        PATH: process.env["PATH"],
        TERM: "xterm-256color",
        LANG: "C.UTF-8",
        SHELL: "/bin/sh",
        TMUX_TMPDIR: this.#folder,
      },
    });
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}

/** Code points of the DEC line drawing set, for `` ` `` to `~`. */
const LINE_DRAWING = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

/** tmux keeps line drawing as letters if it came as letters, and as Unicode if not. */
function neutral(text: string): string {
  const letters = text.replace(/[^\0-\u007f]/gu, (character) => {
    const at = LINE_DRAWING.indexOf(character);
    return at < 0 ? character : String.fromCharCode(0x60 + at);
  });
  return letters.replace(/[\x0e\x0f]/g, "").replace(/ +$/gm, "");
}
