// One measure of the page: what it runs on, and the table that comes out of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agentd } from "./peers/agentd.js";
import { Direct } from "./peers/direct.js";
import { Dtach } from "./peers/dtach.js";
import type { Peer, PeerOptions } from "./peers/peer.js";
import { Relay } from "./peers/relay.js";
import { Screen } from "./peers/screen.js";
import { Tmux } from "./peers/tmux.js";

export interface Row {
  readonly name: string;
  /** Column → text. */
  readonly cells: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Whether agentd met the target. */
  readonly met?: boolean;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** How it was measured and what to know when reading it. */
  readonly method: string;
}

export interface Measure {
  /** What to write on the command line. */
  readonly id: string;
  readonly title: string;
  run(bench: Bench): Promise<Table>;
}

const PEERS = {
  agentd: Agentd,
  direct: Direct,
  dtach: Dtach,
  relay: Relay,
  tmux: Tmux,
  screen: Screen,
} as const;
type PeerName = keyof typeof PEERS;

/** What a measure gets: the peers that this machine has, how often to repeat, and an end for everything that was started. */
export class Bench {
  readonly full: boolean;
  readonly missing: readonly string[];
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), "ab-")));
  readonly #peers: Peer[] = [];
  #homes = 0;

  constructor(full: boolean) {
    this.full = full;
    this.missing = ["tmux", "screen", "dtach"].filter((name) => !isInstalled(name));
  }

  /** How often to repeat something. */
  times(quick: number, full: number): number {
    return this.full ? full : quick;
  }

  agentd(options: PeerOptions = {}): Agentd {
    return this.#add(new Agentd(this.#newHome(), options));
  }

  tmux(options: PeerOptions = {}): Tmux | undefined {
    return this.missing.includes("tmux") ? undefined : this.#add(new Tmux(this.#newHome(), options));
  }

  /** The named peers, without those that are not installed. */
  peers(names: readonly PeerName[], options: PeerOptions = {}): Peer[] {
    return names
      .filter((name) => !this.missing.includes(name))
      .map((name) => this.#add(new PEERS[name](this.#newHome(), options)));
  }

  /** Ends what the measure started. */
  endPeers(): void {
    for (const peer of this.#peers.splice(0)) peer.end();
  }

  end(): void {
    this.endPeers();
    rmSync(this.home, { recursive: true, force: true });
  }

  #add<P extends Peer>(peer: P): P {
    this.#peers.push(peer);
    return peer;
  }

  #newHome(): string {
    return realpathSync(mkdtempSync(join(this.home, `${this.#homes++}-`)));
  }
}

function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
