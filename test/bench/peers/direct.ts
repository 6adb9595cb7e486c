// No multiplexer at all: bash on the terminal itself, the floor of every measure.

import { type Peer, type Program, peerEnvironment, SHELL } from "./peer.js";
import { clearHome } from "./peer-home.js";

export class Direct implements Peer {
  readonly name = "direct";
  readonly env: Readonly<Record<string, string>>;
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    this.env = peerEnvironment(home);
  }

  async start(): Promise<void> {}

  attach(): Program {
    return { file: SHELL[0] ?? "bash", args: SHELL.slice(1) };
  }

  processes(): readonly number[] {
    return [];
  }

  end(): void {
    clearHome(this.#home);
  }
}
