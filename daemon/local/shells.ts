// The shells of a runtime: making them, finding them for a connection, and keeping the ended ones for late clients.
import { randomUUID } from "node:crypto";
import type { Size } from "../../shared/size.js";
import { EndedShells } from "./ended-shells.js";
import type { Knobs } from "./knobs.js";
import { LocalShell } from "./local-shell.js";
import { givenCommand, localEnv, loginShell, serviceEnv, serviceShell } from "./login-shell.js";
import type { PtySpec } from "./pty.js";
import { Rejection } from "./rejection.js";
import type { Have } from "./replay-plan.js";
import type { RuntimeSession } from "./runtime-session.js";
import type { RuntimeSessions } from "./runtime-sessions.js";
import { checkDirectory } from "./spawn-check.js";

/** What the daemon asks for: POST /agentd/shells. */
export interface LocalShellSpec {
  readonly runtimeSessionId: string;
  readonly shellId: string;
  readonly name: string;
  /** Program and arguments; absent: the login shell. */
  readonly command?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly size: Size;
  /** The client's file mode mask; absent: 022. */
  readonly umask?: number;
}

export interface ShellRequest {
  readonly sessionId: string;
  /** Absent: only an ended shell can be had. */
  readonly session: RuntimeSession | undefined;
  /** Absent: the server makes one. */
  readonly shellId: string | undefined;
  readonly have: Have | undefined;
  /** Never start a program. */
  readonly attachOnly: boolean;
}

const DEFAULT_UMASK = 0o022;

export class Shells {
  readonly #knobs: Knobs;
  readonly #sessions: RuntimeSessions;
  readonly #ended = new EndedShells();
  /** Killed shells whose process has not ended yet. */
  readonly #dying = new Set<LocalShell>();
  readonly #onChange: () => void;

  /** @param onChange a shell ended or a connection closed. */
  constructor(knobs: Knobs, sessions: RuntimeSessions, onChange: () => void) {
    this.#knobs = knobs;
    this.#sessions = sessions;
    this.#onChange = onChange;
  }

  /** Running shells and, behind them, the ended ones that are still known. */
  get all(): LocalShell[] {
    return [...this.#running(), ...this.#dying, ...this.#ended.list(performance.now())];
  }

  /** True when a running shell or an exit that nobody has been told of must be kept for a client. */
  get needed(): boolean {
    return this.all.some((shell) => shell.exit === undefined || !shell.exitFetched);
  }

  /**
   * The shell for a connection, found or made; `reconnected` as the confirmation says it.
   * @throws Rejection when there is none to attach to, no room, or no way to start one.
   */
  open(request: ShellRequest): { shell: LocalShell; reconnected: boolean } {
    const { session, shellId, attachOnly } = request;
    const running = shellId === undefined ? undefined : session?.shells.get(shellId);
    const late = this.#findEnded(request, running);
    if (late !== undefined) return { shell: late, reconnected: true };
    if (session !== undefined && running !== undefined) {
      if (!running.isAttached) this.#sessions.admitShell(session, running);
      return { shell: running, reconnected: true };
    }
    if (attachOnly || session === undefined)
      throw new Rejection("ResourceNotFoundException", "the shell does not exist");
    if (shellId !== undefined && session.endedIds.has(shellId) && this.#knobs.endedShellId === "error")
      throw new Rejection("RuntimeClientError", "the shell has ended", { error: "ShellEnded" });
    this.#sessions.admitShell(session, undefined);
    return { shell: this.#startService(session, shellId ?? randomUUID()), reconnected: false };
  }

  /** True when the connection means a shell that has ended: then no session needs to be opened for it. */
  hasEnded(request: ShellRequest): boolean {
    return this.#findEnded(request, undefined) !== undefined;
  }

  /** Starts what the daemon asks for. @throws AgentdError `spawn_failed`. */
  startLocal(session: RuntimeSession, spec: LocalShellSpec): LocalShell {
    const { command, cwd, size, umask = DEFAULT_UMASK } = spec;
    checkDirectory(cwd);
    const invocation =
      command === undefined ? loginShell(spec.env, cwd) : givenCommand(command, spec.env, cwd);
    const pty = { invocation, cwd, env: localEnv(spec.env, spec.name, spec.shellId), size, umask };
    return this.#start(session, spec.shellId, spec.name, pty);
  }

  /** Ends every shell as `kill` does; resolves when all processes are gone. */
  async killAll(): Promise<void> {
    for (const shell of this.#running()) shell.kill();
    while (this.#dying.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** In exact mode an ended shell can still be attached: the epoch says which one is meant. */
  #findEnded(
    { sessionId, shellId, have }: ShellRequest,
    running: LocalShell | undefined,
  ): LocalShell | undefined {
    if (shellId === undefined || have === undefined || running?.epoch === have.epoch) return undefined;
    if (running !== undefined && have.epoch === "*") return undefined;
    const dying = [...this.#dying].find((shell) => shell.shellId === shellId && shell.epoch === have.epoch);
    return dying ?? this.#ended.find(sessionId, shellId, have.epoch, performance.now());
  }

  #startService(session: RuntimeSession, shellId: string): LocalShell {
    const { cwd, term, env, initialCols, initialRows } = this.#knobs;
    const root = session.root;
    try {
      return this.#start(session, shellId, "", {
        invocation: serviceShell,
        cwd: cwd === "" ? root : cwd,
        env: serviceEnv(root, term, env),
        size: { cols: initialCols, rows: initialRows },
        umask: DEFAULT_UMASK,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown reason";
      throw new Rejection("RuntimeClientError", reason, { error: "ShellStartFailed" });
    }
  }

  #start(session: RuntimeSession, shellId: string, name: string, pty: PtySpec): LocalShell {
    const shell: LocalShell = new LocalShell({
      runtimeSessionId: session.id,
      shellId,
      name,
      knobs: this.#knobs,
      pty,
      owner: {
        shellExited: () => this.#shellExited(session, shell),
        shellKilled: () => this.#shellKilled(session, shell),
        connectionClosed: () => this.#onChange(),
        activity: (kind) => session.touch(kind),
      },
    });
    session.shells.set(shellId, shell);
    session.touch("call");
    return shell;
  }

  #shellKilled(session: RuntimeSession, shell: LocalShell): void {
    session.shells.delete(shell.shellId);
    this.#dying.add(shell);
  }

  #shellExited(session: RuntimeSession, shell: LocalShell): void {
    this.#dying.delete(shell);
    if (session.shells.get(shell.shellId) === shell) session.shells.delete(shell.shellId);
    if (this.#knobs.endedShellId === "error") session.endedIds.add(shell.shellId);
    this.#ended.add(shell, performance.now());
    // A session that no clock will end goes with its last shell.
    if (this.#knobs.sessionIdleMs === null && session.shells.size === 0) session.end();
    this.#onChange();
  }

  #running(): LocalShell[] {
    return [...this.#sessions.all].flatMap((session) => [...session.shells.values()]);
  }
}
