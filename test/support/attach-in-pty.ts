// The real `agentd attach` on a terminal of its own, and the oracle that judges what it shows.
import { type IPty, spawn } from "@lydell/node-pty";
import { program, type Sandbox } from "./sandbox.js";
import { StreamOracle } from "./stream-oracle.js";
import { until } from "./until.js";

export interface Arrival {
  readonly atMs: number;
  /** The position up to which the stream had come by then. */
  readonly furthest: number;
}

export class AttachInPty {
  readonly oracle = new StreamOracle("anywhere");
  /** Output that brought something new, oldest first; cleared by whoever measures. */
  arrivals: Arrival[] = [];
  exitCode: number | undefined;
  /** The end of what was shown, for messages. */
  tail = "";
  readonly #pty: IPty;

  constructor(sandbox: Sandbox, name: string) {
    this.#pty = spawn(process.execPath, [program("agentd"), "attach", name], {
      name: "xterm-256color",
      cols: 80,
      rows: 24,
      cwd: sandbox.home,
      env: sandbox.env as Record<string, string>,
      encoding: null,
    });
    this.#pty.onData((data) => this.#handle(data as unknown as Buffer));
    this.#pty.onExit(({ exitCode }) => {
      this.exitCode = exitCode;
    });
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  async begun(what: string): Promise<void> {
    await until(`the stream is shown: ${what}`, () => {
      if (this.exitCode !== undefined)
        throw new Error(`attach ended with ${this.exitCode}: ${what}: ${this.tail}`);
      return this.arrivals.length > 3;
    });
  }

  kill(): void {
    if (this.exitCode === undefined) this.#pty.kill("SIGKILL");
  }

  #handle(data: Buffer): void {
    this.tail = (this.tail + data.toString("latin1")).slice(-500);
    const { furthest } = this.oracle;
    this.oracle.push(data);
    if (this.oracle.furthest > furthest)
      this.arrivals.push({ atMs: performance.now(), furthest: this.oracle.furthest });
  }
}
