// The floor of a Node program with a server and clients: a relay of bytes without frames, screen, filter or network protocol.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { type Peer, type Program, peerEnvironment, SHELL } from "./peer.js";
import { clearHome, processesIn } from "./peer-home.js";

const PROGRAM = resolve("test", "bench", "peers", "relay-program.mjs");

/** What the page says of it. */
export const RELAY =
  "two Node processes that pass bytes on and do nothing else, the least that a server with clients costs in Node";

export class Relay implements Peer {
  readonly name = "relay";
  readonly env: Readonly<Record<string, string>>;
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    this.env = peerEnvironment(home);
  }

  async start(session: string): Promise<void> {
    const server = fork(PROGRAM, ["serve", this.#socket(session), ...SHELL], {
      env: this.env,
      detached: true,
    });
    await once(server, "message");
    server.disconnect();
    server.unref();
  }

  attach(session: string): Program {
    return { file: process.execPath, args: [PROGRAM, "attach", this.#socket(session)] };
  }

  processes(): readonly number[] {
    return processesIn("AGENTD_BENCH_HOME", this.#home, `${PROGRAM}\0serve`);
  }

  end(): void {
    clearHome(this.#home);
  }

  #socket(session: string): string {
    return join(this.#home, `${session}.sock`);
  }
}
