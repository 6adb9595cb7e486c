// The terminal that a user would sit at: runs a program in a PTY and tells when something has appeared on it.
import { type IPty, spawn } from "@lydell/node-pty";
import { type Program, SIZE } from "./peers/peer.js";

/** Nothing that is measured takes this long: a benchmark that waits longer has failed. */
const LIMIT_MS = 120_000;

const RECENT_BYTES = 200;

interface Wait {
  readonly marker: Buffer;
  resolve(at: number): void;
  reject(error: Error): void;
}

export class OuterTerminal {
  /** All that came out of the program. */
  bytes = 0;
  /** When set, gets every piece of output. */
  onOutput: ((chunk: Buffer) => void) | undefined;
  readonly exited: Promise<number>;
  readonly #pty: IPty;
  readonly #program: Program;
  #ended = false;
  #wait: Wait | undefined;
  /** The end of the chunk before: a marker may be cut anywhere. */
  #before: Buffer = Buffer.alloc(0);

  constructor(program: Program, env: Readonly<Record<string, string>>) {
    this.#program = program;
    this.#pty = spawn(program.file, [...program.args], {
      ...SIZE,
      name: "xterm-256color",
      cwd: "/",
      env,
      encoding: null,
    });
    this.#pty.onData((data) => this.#handle(data as unknown as Buffer));
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(() => {
        this.#ended = true;
        resolve(performance.now());
        this.#wait?.reject(new Error(`${this.#describe()} ended: ${this.#before.toString("latin1")}`));
      });
    });
  }

  /** The last few hundred bytes up to the marker that was seen. */
  get recent(): string {
    return this.#before.toString("latin1");
  }

  type(text: string | Buffer): void {
    this.#pty.write(text as string);
  }

  /** Types a command line. */
  command(text: string): void {
    this.type(`${text}\r`);
  }

  /** The time at which `marker` has come; only what comes from now on counts. */
  seen(marker: string, limitMs = LIMIT_MS): Promise<number> {
    if (this.#ended) return Promise.reject(new Error(`${this.#describe()} has ended`));
    this.#before = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
      const limit = setTimeout(
        () =>
          this.#wait?.reject(
            new Error(
              `${this.#describe()} did not show ${marker}: ${JSON.stringify(this.#before.toString("latin1"))}`,
            ),
          ),
        limitMs,
      );
      const settle = (action: () => void) => {
        clearTimeout(limit);
        this.#wait = undefined;
        action();
      };
      this.#wait = {
        marker: Buffer.from(marker),
        resolve: (at) => settle(() => resolve(at)),
        reject: (error) => settle(() => reject(error)),
      };
    });
  }

  /** Closes the terminal under the program, as a user who closes the window. */
  async close(): Promise<void> {
    if (!this.#ended) this.#pty.kill("SIGHUP");
    const limit = setTimeout(() => this.#pty.kill("SIGKILL"), 2000);
    await this.exited;
    clearTimeout(limit);
  }

  #handle(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.onOutput?.(chunk);
    const wait = this.#wait;
    if (wait === undefined) return;
    const at = performance.now();
    const { marker } = wait;
    const seam = Buffer.concat([this.#before, chunk.subarray(0, marker.length)]);
    const found = chunk.includes(marker) || seam.includes(marker);
    this.#before = Buffer.concat([this.#before, chunk.subarray(-RECENT_BYTES)]).subarray(-RECENT_BYTES);
    if (found) wait.resolve(at);
  }

  #describe(): string {
    return [this.#program.file, ...this.#program.args].join(" ");
  }
}
