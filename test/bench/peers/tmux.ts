// tmux on a private socket; no status line, so that its shells have the size that all others have.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Program, peerEnvironment, SHELL, SIZE } from "./peer.js";
import { clearHome, processesIn } from "./peer-home.js";

export class Tmux implements Peer {
  readonly name = "tmux";
  readonly env: Readonly<Record<string, string>>;
  readonly #home: string;
  readonly #socket: string;
  readonly #config: string;

  constructor(home: string, { history }: PeerOptions = {}) {
    this.#home = home;
    this.env = peerEnvironment(home);
    this.#socket = join(home, "tmux.sock");
    this.#config = join(home, "tmux.conf");
    const options = ["set -g status off", "set -g default-terminal xterm-256color", "set -sg escape-time 0"];
    if (history !== undefined) options.push(`set -g history-limit ${history}`);
    writeFileSync(this.#config, `${options.join("\n")}\n`);
  }

  async start(session: string): Promise<void> {
    this.run("new-session", "-d", "-s", session, ...this.newSessionArguments());
  }

  newSessionArguments(): string[] {
    return ["-x", String(SIZE.cols), "-y", String(SIZE.rows), ...SHELL];
  }

  /** Runs one tmux command to its end. */
  run(...args: readonly string[]): void {
    execFileSync("tmux", this.#arguments(args), { env: this.env, cwd: this.#home, stdio: "ignore" });
  }

  attach(session: string): Program {
    return { file: "tmux", args: this.#arguments(["attach", "-t", session]) };
  }

  processes(): readonly number[] {
    return processesIn("AGENTD_BENCH_HOME", this.#home, "new-session").slice(0, 1);
  }

  end(): void {
    try {
      this.run("kill-server");
    } catch {
      // No session was left, and with the last one the server ended.
    }
    clearHome(this.#home);
  }

  #arguments(command: readonly string[]): string[] {
    return ["-S", this.#socket, "-f", this.#config, ...command];
  }
}
