// What agentd does on AgentCore beside holding shells: one-shot commands, the end of a microVM, tokens that are held in memory.
import { randomUUID } from "node:crypto";
import type { CloudTarget } from "../shared/cloud-rpc.js";
import { AgentdError } from "../shared/errors.js";
import type { Params, Result } from "../shared/rpc.js";
import type { ConfigSource } from "./config/live-config.js";
import { ExecStream } from "./exec-stream.js";
import type { ClientSink } from "./shell/clients/client-host.js";
import type { Registry } from "./shell/registry.js";
import type { Shell } from "./shell/shell.js";
import { isOver } from "./shell/shell-state.js";
import type { ShellRecord } from "./shell/state/shell-record.js";
import { resolveTarget } from "./target-request.js";
import { freshIds } from "./upstream/ids.js";
import { runOneShot } from "./upstream/service/one-shot-call.js";
import type { ServiceCallDeps } from "./upstream/service/service-call.js";
import type { HeldTokens, Sign } from "./upstream/service/sign.js";
import { stopSession } from "./upstream/service/stop-session.js";
import type { AgentCoreTarget, UpstreamTarget } from "./upstream/target.js";
import type { TendedUpstream } from "./upstream/tended-upstream.js";

export interface CloudOptions {
  readonly config: ConfigSource;
  readonly registry: Pick<Registry, "list" | "get">;
  readonly calls: ServiceCallDeps;
  readonly tokens: HeldTokens;
}

export class Cloud {
  readonly #options: CloudOptions;
  readonly #upstreams = new WeakMap<ShellRecord, TendedUpstream>();

  constructor(options: CloudOptions) {
    this.#options = options;
  }

  /** The upstream of a shell was made. */
  tend(record: ShellRecord, upstream: TendedUpstream): TendedUpstream {
    this.#upstreams.set(record, upstream);
    return upstream;
  }

  /**
   * What a new shell runs on; its token is held until it is forgotten, or `release`.
   * @throws AgentdError `usage`, `bad_arn`, or `name_taken` when the ids are those of a shell that is here under another name.
   */
  targetOf(name: string, request: CloudTarget): AgentCoreTarget {
    this.#checkIsNew(name, resolveTarget(request, this.#options.config.current), request);
    return this.#target(request);
  }

  /** Nobody needs its token any more. */
  release(target: UpstreamTarget): void {
    if (target.kind === "agentcore") this.#dropToken(target);
  }

  /** Takes a token out of a request: the target only names it. @throws AgentdError `usage`, `bad_arn`. */
  #target(request: CloudTarget): AgentCoreTarget {
    const target = resolveTarget(request, this.#options.config.current) as AgentCoreTarget;
    if (request.bearerToken === undefined) return target;
    const heldToken = randomUUID();
    this.#options.tokens.hold(heldToken, request.bearerToken);
    return { ...target, heldToken };
  }

  /** The signer of one shell: a token that did not survive a restart is asked for by the shell's name. */
  signFor(record: ShellRecord, sign: Sign): Sign {
    return async (request) => {
      try {
        return await sign(request);
      } catch (error) {
        if (record.target.kind !== "agentcore" || !this.#lacksToken(record.target)) throw error;
        const message = `its bearer token is not kept over a restart · agentd adopt ${record.name} --bearer-token-file FILE`;
        throw new AgentdError("no_credentials", message, { cause: error });
      }
    };
  }

  #checkIsNew(name: string, target: UpstreamTarget, request: CloudTarget): void {
    const { runtimeSessionId, shellId } = request;
    if (runtimeSessionId === undefined || shellId === undefined) return;
    const same = this.#inSession(target, runtimeSessionId).find(({ record }) => record.shellId === shellId);
    if (same === undefined || same.record.name === name) return;
    const here = same.record.name;
    throw new AgentdError("name_taken", `this shell is here already, as '${here}' · agentd attach ${here}`);
  }

  /** A token of its own is held while the command runs. @throws AgentdError `usage`, `bad_arn`. */
  exec(sink: ClientSink, params: Params<"exec.run">): { result: Result<"exec.run">; receiver: ExecStream } {
    const { calls, config } = this.#options;
    const { command, timeoutSeconds, safeStdout = false, safeStderr = false } = params;
    resolveTarget(params.target, config.current);
    const { runtimeSessionId } = { ...freshIds(), ...definedSession(params.target) };
    const timeout = timeoutSeconds === undefined ? {} : { timeoutSeconds };
    const receiver = new ExecStream({
      sink,
      safe: { stdout: safeStdout, stderr: safeStderr },
      run: async (onOutput, signal) => {
        const target = this.#target(params.target);
        try {
          return await runOneShot({ target, runtimeSessionId, command, ...timeout, onOutput }, calls, signal);
        } finally {
          this.#dropToken(target);
        }
      },
    });
    return { result: { runtimeSessionId }, receiver };
  }

  /**
   * The shells let go first: one that is cut off by the end of its microVM would connect again, and so make the next one.
   * @throws AgentdError `usage` for a local shell, or why the service did not end the session; the shells then connect again.
   */
  async stopSession(params: Params<"session.stop">): Promise<Result<"session.stop">> {
    const { target, runtimeSessionId } = this.#session(params);
    const shells = this.#inSession(target, runtimeSessionId);
    const upstreams = shells.flatMap(({ record }) => this.#upstreams.get(record) ?? []);
    for (const upstream of upstreams) upstream.hold();
    try {
      await stopSession(target, runtimeSessionId, this.#options.calls);
    } catch (error) {
      for (const upstream of upstreams) upstream.release();
      throw error;
    } finally {
      if ("target" in params) this.#dropToken(target);
    }
    const gone = new AgentdError("shell_ended", "its microVM was stopped");
    for (const upstream of upstreams) upstream.revoke(gone);
    // One that another client had taken was not running.
    for (const shell of shells) if (shell.state.kind === "taken") shell.start();
    return { runtimeSessionId, shells: shells.map(({ record }) => record.name).sort() };
  }

  /** @throws AgentdError `shell_not_found`, `usage` for a shell that has no such token. */
  giveToken({ name, bearerToken }: Params<"shell.token">): void {
    const { record } = this.#options.registry.get(name);
    const id = record.target.kind === "agentcore" ? record.target.heldToken : undefined;
    if (id === undefined) throw new AgentdError("usage", `shell '${name}' was not made with a bearer token`);
    this.#options.tokens.hold(id, bearerToken);
    this.#upstreams.get(record)?.retryNow();
  }

  #session(params: Params<"session.stop">): { target: AgentCoreTarget; runtimeSessionId: string } {
    if ("target" in params) {
      const { runtimeSessionId } = params.target;
      if (runtimeSessionId === undefined)
        throw new AgentdError("usage", "stop-vm --runtime needs --session-id");
      return { target: this.#target(params.target), runtimeSessionId };
    }
    const { target, runtimeSessionId } = this.#options.registry.get(params.name).record;
    if (target.kind === "agentcore") return { target, runtimeSessionId };
    throw new AgentdError(
      "usage",
      `shell '${params.name}' is local, without a microVM · agentd kill ${params.name}`,
    );
  }

  /** Our shells in a runtime session that are not over. */
  #inSession(target: UpstreamTarget, runtimeSessionId: string): Shell[] {
    const { registry } = this.#options;
    if (target.kind !== "agentcore") return [];
    return registry
      .list()
      .map(({ name }) => registry.get(name))
      .filter(({ record, state }) => {
        const its = record.target;
        if (its.kind !== "agentcore" || isOver(state)) return false;
        const sameRuntime = its.runtimeArn === target.runtimeArn && its.endpointUrl === target.endpointUrl;
        return sameRuntime && record.runtimeSessionId === runtimeSessionId;
      });
  }

  #lacksToken({ heldToken }: AgentCoreTarget): boolean {
    return heldToken !== undefined && this.#options.tokens.get(heldToken) === undefined;
  }

  #dropToken({ heldToken }: AgentCoreTarget): void {
    if (heldToken !== undefined) this.#options.tokens.drop(heldToken);
  }
}

function definedSession({ runtimeSessionId }: CloudTarget): { runtimeSessionId?: string } {
  return runtimeSessionId === undefined ? {} : { runtimeSessionId };
}
