// Looks at a shell whenever something may have changed: never two at once, and not more often than is useful.
import type { Context } from "../cli/context.js";
import type { DaemonConnection } from "../daemon/daemon-connection.js";
import type { ShellLook } from "./prompt-evidence.js";

export interface ShellLooksOptions {
  readonly context: Context;
  /** The name that the shell has now. */
  name(): string;
  /** So long after the last `soon` (or, with `steady`, the first). */
  readonly delayMs: number;
  /** Output that goes on does not put the look off. */
  readonly steady: boolean;
  onLook(look: ShellLook): void;
}

/** Invariant: after the last `soon` comes a look, unless `stop` is called first; a daemon that is away is asked again later. */
export class ShellLooks {
  readonly #options: ShellLooksOptions;
  #connection: DaemonConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #last: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ShellLooksOptions) {
    this.#options = options;
  }

  soon(): void {
    if (this.#stopped || (this.#timer !== undefined && this.#options.steady)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#looking) this.soon();
      else void this.now();
    }, this.#options.delayMs);
  }

  /** Resolves when it was looked from now on, or cannot be. */
  now(): Promise<void> {
    this.#last = this.#last.then(() => this.#look());
    return this.#last;
  }

  async #look(): Promise<void> {
    if (this.#stopped) return;
    this.#looking = true;
    try {
      // One that was stopped stays so: whether it comes back is the follower's affair.
      this.#connection ??= await this.#options.context.connect({ start: false });
      const connection = this.#connection;
      const name = this.#options.name();
      const [{ shell: info }, { screen }] = await Promise.all([
        connection.call("shell.info", { name }),
        connection.call("shell.capture", { name, format: "json", join: false }),
      ]);
      if (screen !== undefined && !this.#stopped) this.#options.onLook({ info, screen });
    } catch {
      // What became of the shell, the follower learns.
      this.#connection?.close();
      this.#connection = undefined;
      this.#looking = false;
      this.soon();
    } finally {
      this.#looking = false;
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
  }
}
