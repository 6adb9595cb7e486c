// dtach: holds the terminal and nothing else; it paints nothing, so that an attach asks the shell to redraw (^L).
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Peer, type Program, peerEnvironment, SHELL } from "./peer.js";
import { clearHome, processesIn } from "./peer-home.js";

export class Dtach implements Peer {
  readonly name = "dtach";
  readonly env: Readonly<Record<string, string>>;
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    this.env = peerEnvironment(home);
  }

  async start(session: string): Promise<void> {
    const args = ["-n", this.#socket(session), "-E", "-z", ...SHELL];
    execFileSync("dtach", args, { env: this.env, cwd: this.#home, stdio: "ignore" });
  }

  attach(session: string): Program {
    return { file: "dtach", args: ["-a", this.#socket(session), "-E", "-z", "-r", "ctrl_l"] };
  }

  processes(): readonly number[] {
    return processesIn("AGENTD_BENCH_HOME", this.#home, "dtach");
  }

  end(): void {
    clearHome(this.#home);
  }

  #socket(session: string): string {
    return join(this.#home, `${session}.sock`);
  }
}
