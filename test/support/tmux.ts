// A real tmux as the terminal of a test: panes that run agentd, typed into and read like a person would.
import { execFileSync } from "node:child_process";
import { until } from "./until.js";

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A terminal without tmux's own decorations, that answers Escape at once. */
const OPTIONS = [
  ["status", "off"],
  ["history-limit", "20000"],
  ["escape-time", "0"],
] as const;

let servers = 0;

/** A private tmux server with one window per `open`. `dispose` ends it and everything in it. */
export class Tmux {
  readonly #socket = `agentd-test-${process.pid}-${servers++}`;
  readonly #env: NodeJS.ProcessEnv;
  readonly #size: { readonly cols: number; readonly rows: number };
  #started = false;

  constructor(
    env: NodeJS.ProcessEnv,
    size: { readonly cols: number; readonly rows: number } = { cols: 80, rows: 24 },
  ) {
    this.#env = env;
    this.#size = size;
  }

  /** Runs `command` with `sh -c` in a window of its own; the window stays when the command has ended. */
  open(command: string, env: NodeJS.ProcessEnv = {}): Pane {
    const { cols, rows } = this.#size;
    const variables = Object.entries({ ...this.#env, ...env }).map(
      ([name, value]) => `${name}=${value ?? ""}`,
    );
    const line = [
      "env",
      "-i",
      ...variables,
      "TERM=screen-256color",
      "sh",
      "-c",
      `${command}; echo "<status $?>"; exec cat`,
    ];
    const started = this.#started;
    this.#started = true;
    const window = started
      ? ["new-window", "-d"]
      : [
          ...[...OPTIONS, ["default-size", `${cols}x${rows}`]].flatMap((option) => [
            "set-option",
            "-g",
            ...option,
            ";",
          ]),
          "new-session",
          "-d",
          "-x",
          String(cols),
          "-y",
          String(rows),
        ];
    const id = this.run(
      ...(started ? [] : ["start-server", ";"]),
      ...window,
      "-P",
      "-F",
      "#{pane_id}",
      line.map(quote).join(" "),
    ).trim();
    return new Pane(this, id);
  }

  run(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, "-f", "/dev/null", "-u", ...args], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, TERM: "xterm-256color", LANG: "C.UTF-8" },
    });
  }

  dispose(): void {
    if (!this.#started) return;
    this.#started = false;
    try {
      this.run("kill-server");
    } catch {
      // It is gone already; the test has said why, and the rest of the clean-up must go on.
    }
  }
}

export class Pane {
  readonly #tmux: Tmux;
  readonly id: string;

  constructor(tmux: Tmux, id: string) {
    this.#tmux = tmux;
    this.id = id;
  }

  /** Types keys by their tmux names, and everything else as text. */
  type(...keys: readonly string[]): void {
    this.#tmux.run("send-keys", "-t", this.id, "--", ...keys);
  }

  capture({ ansi = false, start }: { readonly ansi?: boolean; readonly start?: number } = {}): string {
    const range = start === undefined ? [] : ["-S", String(start)];
    return this.#tmux.run("capture-pane", "-p", "-t", this.id, ...(ansi ? ["-e"] : []), ...range);
  }

  /** Resolves with the screen when it shows `text`. */
  waitFor(text: string | RegExp, timeoutMs?: number): Promise<string> {
    let seen = "";
    return until(
      `the pane shows ${text}`,
      () => {
        seen = this.capture();
        return (typeof text === "string" ? seen.includes(text) : text.test(seen)) && seen;
      },
      timeoutMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n--- the pane:\n${seen}`);
    });
  }

  /** The exit status of the command, when it has ended. */
  async status(): Promise<number> {
    return Number(/<status (\d+)>/.exec(await this.waitFor(/<status \d+>/))?.[1]);
  }

  /** The process that runs in the pane. */
  get pid(): number {
    return Number(this.#format("#{pane_pid}"));
  }

  cursor(): { readonly x: number; readonly y: number } {
    const [x, y] = this.#format("#{cursor_x} #{cursor_y}").trim().split(" ").map(Number);
    return { x: x ?? -1, y: y ?? -1 };
  }

  /** The terminal's modes, as tmux understood what was written to it. */
  modes(): Readonly<Record<string, string>> {
    const names = [
      "alternate_on",
      "cursor_flag",
      "insert_flag",
      "keypad_cursor_flag",
      "keypad_flag",
      "mouse_all_flag",
      "mouse_any_flag",
      "mouse_button_flag",
      "mouse_sgr_flag",
      "mouse_standard_flag",
      "origin_flag",
      "scroll_region_lower",
      "scroll_region_upper",
      "wrap_flag",
    ];
    const values = this.#format(names.map((name) => `#{${name}}`).join(" "))
      .trim()
      .split(" ");
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
  }

  #format(format: string): string {
    return this.#tmux.run("display-message", "-p", "-t", this.id, format);
  }
}
