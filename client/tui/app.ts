// Wires the daemon, the model and the terminal together: events in, actions out, frames at most 30 times a second.
import type { ChildProcess } from "node:child_process";
import { AgentdError } from "../../shared/errors.js";
import { closeStandardStreams } from "../attach/raw-terminal.js";
import { workingDirectory } from "../cli/working-directory.js";
import { errorLine } from "../text/format.js";
import { attachChild } from "./attach-child.js";
import { BlessedScreen } from "./blessed-screen.js";
import { DaemonFeed } from "./daemon-feed.js";
import type { NewShellRequest } from "./form.js";
import { type TuiEvent, update } from "./model.js";
import { newShellParams } from "./new-shell.js";
import { initialState, type Link, type TuiAction, type TuiState, watchWanted } from "./state.js";
import { view } from "./view.js";

const FRAME_MS = 33;
const TICK_MS = 1000;
/** As the commands of the same name wait. */
const NEW_LIMIT_MS = 345_000;
const KILL_LIMIT_MS = 60_000;
/** An attached client ends at once, unless the terminal takes nothing. */
const CHILD_END_MS = 2000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Invariant: while an attach has the terminal, nothing is drawn and no screen is watched; the state goes on. */
export class App {
  readonly #env: Environment;
  readonly #screen: BlessedScreen;
  readonly #feed: DaemonFeed;
  #state: TuiState;
  #frame: NodeJS.Timeout | undefined;
  #drawnAt = 0;
  #child: ChildProcess | undefined;
  /** Once the attached client has ended, so do we. */
  #isEnding = false;
  #finish: (status: number) => void = () => {};

  constructor(env: Environment, wanted: string | undefined) {
    this.#env = env;
    this.#screen = new BlessedScreen({
      onKey: (typed) => this.#handle({ kind: "key", typed }),
      onClick: (x, y) => this.#handle({ kind: "click", x, y, at: performance.now() }),
      onWheel: (y, lines) => this.#handle({ kind: "wheel", y, lines }),
      onResize: () => this.#handleResize(),
      onEnd: (status) => this.#end(status),
    });
    this.#feed = new DaemonFeed(env, {
      onLink: (link, error) => this.#handleLink(link, error),
      onHello: ({ client }) =>
        this.#handle({ kind: "greeted", targets: client.targets ?? [], defaultTarget: client.defaultTarget }),
      onList: (shells) => this.#handle({ kind: "listed", shells }),
      onEvent: (event) => this.#handle({ kind: "shell", event }),
      onScreen: (frame) => this.#handle({ kind: "screen", frame }),
    });
    this.#state = initialState(this.#screen.cols, this.#screen.rows, wanted, Date.now());
  }

  /** Resolves with the exit status. */
  async run(): Promise<number> {
    const ended = new Promise<number>((resolve) => {
      this.#finish = resolve;
    });
    this.#screen.enter();
    this.#draw();
    this.#feed.connect();
    const ticking = setInterval(() => this.#handle({ kind: "tick", now: Date.now() }), TICK_MS);
    try {
      return await ended;
    } finally {
      clearInterval(ticking);
      clearTimeout(this.#frame);
      this.#feed.close();
      this.#screen.dispose();
    }
  }

  #handle(event: TuiEvent): void {
    const { actions, state } = update(this.#state, event);
    this.#state = state;
    for (const action of actions) void this.#act(action);
    this.#feed.watch(this.#screen.isEntered ? watchWanted(this.#state) : undefined);
    this.#schedule();
  }

  #handleResize(): void {
    this.#screen.forget();
    this.#handle({ kind: "resize", cols: this.#screen.cols, rows: this.#screen.rows });
  }

  #handleLink(link: Link, error: AgentdError | undefined): void {
    const before = this.#state.link;
    const back = link === "live" && (before === "lost" || before === "waiting");
    const text = error === undefined ? (back ? "agentd is back" : undefined) : errorLine(error);
    const tone = error === undefined ? "info" : "error";
    this.#handle({ kind: "link", link, ...(text === undefined ? {} : { message: { text, tone } }) });
  }

  #schedule(): void {
    if (this.#frame !== undefined || !this.#screen.isEntered) return;
    const waitMs = Math.max(0, this.#drawnAt + FRAME_MS - performance.now());
    this.#frame = setTimeout(() => this.#draw(), waitMs);
  }

  #draw(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
    this.#drawnAt = performance.now();
    this.#screen.draw(view(this.#state));
  }

  async #act(action: TuiAction): Promise<void> {
    try {
      await this.#perform(action);
    } catch (error) {
      this.#say(errorLine(AgentdError.from(error)), "error");
    }
  }

  async #perform(action: TuiAction): Promise<void> {
    switch (action.kind) {
      case "attach":
        return this.#attach(action.name, action.readOnly);
      case "create":
        return this.#create(action.request);
      case "kill":
        this.#say(`killing ${action.name}…`);
        await this.#feed.call("shell.kill", { name: action.name }, KILL_LIMIT_MS);
        return this.#say(`killed ${action.name}`);
      case "rename":
        await this.#feed.call("shell.rename", { name: action.name, to: action.to });
        return this.#say(`${action.name} is now ${action.to}`);
      case "label": {
        const { name, labels } = action;
        await this.#feed.call("shell.label", { name, labels });
        const words = Object.entries(labels).map(([key, value]) =>
          value === null ? `no ${key}` : `${key}=${value}`,
        );
        return this.#say(`${name}: ${words.join(" ")}`);
      }
      case "redraw":
        this.#screen.forget();
        return;
      case "connect":
        return this.#feed.connect();
      case "quit":
        return this.#end(0);
    }
  }

  async #create(request: NewShellRequest): Promise<void> {
    const { name } = request;
    try {
      const { cols, rows } = this.#screen;
      const place = { env: this.#env, cwd: workingDirectory(), umask: process.umask(), cols, rows };
      await this.#feed.call("shell.new", newShellParams(request, place), NEW_LIMIT_MS);
      this.#handle({ kind: "made", name });
    } catch (error) {
      this.#handle({ kind: "made", name, problem: errorLine(AgentdError.from(error)) });
    }
  }

  async #attach(name: string, readOnly: boolean): Promise<void> {
    if (this.#child !== undefined) return;
    this.#screen.leave();
    this.#feed.watch(undefined);
    const { child, ended } = attachChild(this.#env, name, readOnly);
    this.#child = child;
    const { line, next, status } = await ended;
    this.#child = undefined;
    if (this.#isEnding) return;
    this.#screen.enter();
    this.#handleResize();
    // A renamed shell keeps its place: it is selected by its id.
    const isCut = status === 254 || status === 255;
    if (next === "switch") this.#say("switch: choose a shell · Enter attaches");
    else this.#say(line, isCut ? "error" : "info");
  }

  #say(text: string, tone: "info" | "error" = "info"): void {
    this.#handle({ kind: "say", message: { text, tone } });
  }

  #end(status: number): void {
    if (status === 129) closeStandardStreams();
    const finish = () => this.#finish(status);
    const child = this.#child;
    if (child === undefined) finish();
    else if (!this.#isEnding) {
      this.#isEnding = true;
      // The terminal is the attached client's: it has the same signal, or gets it now. Whoever waits for us gets the terminal restored.
      child.once("close", finish);
      setTimeout(finish, CHILD_END_MS).unref();
      child.kill("SIGTERM");
    }
  }
}
