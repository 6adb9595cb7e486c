// agentd as it is built, with local shells and directories of its own.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DaemonConnection } from "../../../client/daemon/daemon-connection.js";
import { type Peer, type PeerOptions, type Program, peerEnvironment, SHELL, SIZE } from "./peer.js";
import { clearHome, processesIn, processesWith } from "./peer-home.js";

/** Another build's programs, to compare two of them. */
const dist = resolve(process.env["AGENTD_BENCH_DIST"] ?? "dist");

export class Agentd implements Peer {
  readonly name = "agentd";
  readonly env: Readonly<Record<string, string>>;
  readonly #home: string;
  readonly #runtime: string;

  constructor(home: string, { history, transparent = false }: PeerOptions = {}) {
    this.#home = home;
    this.#runtime = join(home, "run");
    mkdirSync(this.#runtime, { mode: 0o700 });
    this.env = {
      ...peerEnvironment(home),
      AGENTD_RUNTIME_DIR: this.#runtime,
      AGENTD_STATE_DIR: join(home, "state"),
      AGENTD_CONFIG: join(home, "config.toml"),
    };
    const config = [
      ...(history === undefined ? [] : [`scrollback = ${history}`]),
      ...(transparent ? ['escapes = "raw"', "[keys]", 'prefix = "none"'] : []),
    ];
    if (config.length > 0) writeFileSync(this.env["AGENTD_CONFIG"] as string, `${config.join("\n")}\n`);
  }

  async start(session: string): Promise<void> {
    const size = `${SIZE.cols}x${SIZE.rows}`;
    this.run("new", "-d", "--local", "--size", size, session, "--", ...SHELL);
  }

  attach(session: string): Program {
    return this.command("attach", session);
  }

  command(...args: readonly string[]): Program {
    return { file: process.execPath, args: [join(dist, "agentd.cjs"), ...args] };
  }

  /** Runs one command to its end. @throws when it fails. */
  run(...args: readonly string[]): string {
    const { file, args: all } = this.command(...args);
    return execFileSync(file, all, {
      env: this.env,
      cwd: this.#home,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  /** A greeted connection to the daemon, which has to run. */
  async connection(): Promise<DaemonConnection> {
    const connection = await DaemonConnection.open(join(this.#runtime, "agentd.sock"));
    await connection.greet();
    return connection;
  }

  daemon(): number {
    const [pid] = processesIn("AGENTD_RUNTIME_DIR", this.#runtime, join(dist, "daemon.cjs"));
    if (pid === undefined) throw new Error(`no daemon runs in ${this.#runtime}`);
    return pid;
  }

  /** It has no environment to know it by, but the path of its socket. */
  runtime(): number {
    const [pid] = processesWith(join(dist, "runtime.cjs"), this.#runtime);
    if (pid === undefined) throw new Error(`no local runtime runs in ${this.#runtime}`);
    return pid;
  }

  processes(): readonly number[] {
    return [this.daemon(), this.runtime()];
  }

  end(): void {
    try {
      this.run("daemon", "stop", "--local-shells", "-q");
    } catch {
      // It did not run.
    }
    clearHome(this.#home);
  }
}
