// GNU screen with a socket directory of its own: one process per session.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Program, peerEnvironment, SHELL } from "./peer.js";
import { clearHome, processesIn } from "./peer-home.js";

export class Screen implements Peer {
  readonly name = "screen";
  readonly env: Readonly<Record<string, string>>;
  readonly #home: string;
  readonly #config: string;

  constructor(home: string, { history }: PeerOptions = {}) {
    this.#home = home;
    const sockets = join(home, "sockets");
    mkdirSync(sockets, { mode: 0o700 });
    this.env = { ...peerEnvironment(home), SCREENDIR: sockets };
    this.#config = join(home, "screenrc");
    const options = ["startup_message off", "defutf8 on", "term xterm-256color"];
    if (history !== undefined) options.push(`defscrollback ${history}`);
    writeFileSync(this.#config, `${options.join("\n")}\n`);
  }

  async start(session: string): Promise<void> {
    const args = ["-U", "-c", this.#config, "-dmS", session, ...SHELL];
    execFileSync("screen", args, { env: this.env, cwd: this.#home, stdio: "ignore" });
  }

  /** `-x` does what `-r` does, and does not depend on how fast the one before was seen to leave. */
  attach(session: string): Program {
    return { file: "screen", args: ["-U", "-c", this.#config, "-x", session] };
  }

  processes(): readonly number[] {
    return processesIn("AGENTD_BENCH_HOME", this.#home, "-dmS");
  }

  end(): void {
    clearHome(this.#home);
  }
}
