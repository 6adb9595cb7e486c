// Puts the shells together: store, registry, upstreams, screens, the local runtime; and offers them to the methods.
import { join } from "node:path";
import type { Params, ShellInfo } from "../shared/rpc.js";
import { DEFAULT_SIZE } from "../shared/size.js";
import { Cloud } from "./cloud.js";
import { checkCloud } from "./cloud-check.js";
import type { Config } from "./config/config.js";
import type { ConfigSource } from "./config/live-config.js";
import type { OwnedShells } from "./daemon.js";
import type { Log } from "./log.js";
import type { Scrubber } from "./scrubber.js";
import { typeStartCommand } from "./shell/input/start-command.js";
import { withRuntimeFacts } from "./shell/lifetime.js";
import { neighboursOf } from "./shell/neighbours.js";
import type { NewShell } from "./shell/new-shell.js";
import { captureShell } from "./shell/output/capture.js";
import { watchScreen } from "./shell/output/screen-watch.js";
import { Registry } from "./shell/registry.js";
import { Runs } from "./shell/run/runs.js";
import type { Shell } from "./shell/shell.js";
import type { UpstreamRequest } from "./shell/shell-deps.js";
import { systemDisk } from "./shell/state/disk.js";
import type { ShellRecord } from "./shell/state/shell-record.js";
import { ShellStore } from "./shell/state/shell-store.js";
import { describeUnsaved } from "./shell/state/state-keeper.js";
import { ShellLog } from "./shell-log.js";
import { cloudRules } from "./target-request.js";
import { Slicer } from "./terminal/slicer.js";
import { Admission } from "./upstream/admission.js";
import { systemClock } from "./upstream/clock.js";
import { freshIds } from "./upstream/ids.js";
import { LocalCheckpoints } from "./upstream/local/local-checkpoints.js";
import { LocalRuntimeLink } from "./upstream/local/local-runtime-link.js";
import { startLocalRuntime } from "./upstream/local/local-runtime-process.js";
import { ReplayKnowledge } from "./upstream/replay/replay-knowledge.js";
import { credentialPaths, watchCredentials } from "./upstream/service/credential-watch.js";
import { createSigner, HeldTokens } from "./upstream/service/sign.js";
import type { AgentCoreTarget } from "./upstream/target.js";
import { TendedUpstream } from "./upstream/tended-upstream.js";
import { Upstream } from "./upstream/upstream.js";
import { watchForWake } from "./upstream/wake-watch.js";
import { openWebSocket } from "./upstream/web-socket.js";

/** The local runtime answers in milliseconds; a daemon does not wait longer than this before it serves its clients. */
const ADOPT_LIMIT_MS = 1000;

export interface ShellsOptions {
  readonly stateDirectory: string;
  readonly runtimeSocketPath: string;
  readonly config: ConfigSource;
  readonly log: Log;
  readonly scrubber: Scrubber;
  /** The daemon's own environment; the local runtime gets only what no credential is part of. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Loads the state file and finds its shells again. @throws AgentdError `state_unwritable`. */
export async function openShells(options: ShellsOptions): Promise<OwnedShells> {
  const { config, log, runtimeSocketPath, scrubber, stateDirectory } = options;
  const clock = systemClock;
  const warn = (message: string) => log.warn({ reason: message }, "state");
  const shellLog = new ShellLog(log);
  const store = new ShellStore({ directory: stateDirectory, disk: systemDisk, now: clock.now, warn });
  const records = await store.load();
  const runtime = new LocalRuntimeLink({
    socketPath: runtimeSocketPath,
    start: () =>
      startLocalRuntime({
        command: [process.execPath, join(import.meta.dirname, "runtime.cjs")],
        socketPath: runtimeSocketPath,
        logPath: join(stateDirectory, "runtime.log"),
        env: runtimeEnvironment(options.env),
      }),
  });
  const checkpoints = new LocalCheckpoints({
    socketPath: runtimeSocketPath,
    listShells: () => runtime.listShells(),
  });
  const tokens = new HeldTokens();
  const sign = createSigner({ clock, heldTokens: tokens, hide: (secret) => scrubber.hide(secret) });
  const deps = {
    clock,
    random: Math.random,
    openSocket: openWebSocket,
    localSocketPath: runtimeSocketPath,
    admission: new Admission(clock),
    replayKnowledge: new ReplayKnowledge(),
    watchCredentials: (target: AgentCoreTarget, onChange: () => void) =>
      watchCredentials(credentialPaths(target, options.env), clock, onChange),
    // Read when a connection loop is made from this: the config may have changed by then.
    get connectionTtlMs() {
      return config.current.connectionTtlMs;
    },
  };
  const registry: Registry = new Registry({
    clock,
    store,
    warn,
    tell: (event) => shellLog.tell(event),
    prepareLocal: (spec) => runtime.createShell(spec),
    onForgotten: ({ target }) => cloud.release(target),
    shell: {
      slicer: new Slicer({
        schedule: setImmediate,
        now: () => clock.monotonic(),
        delay: (callback, delayMs) => clock.setTimeout(callback, delayMs),
      }),
      get scrollback() {
        return config.current.scrollback;
      },
      checkpoints: (record) =>
        record.target.kind === "local"
          ? { take: () => checkpoints.take(record), save: (screen) => checkpoints.save(record, screen) }
          : undefined,
      onFault: ({ record }: Shell, cause: unknown) =>
        log.error({ err: cause, shell: record.name }, "a fault behind the screen"),
      // Asked at every event of every link: those of a local shell, which has none, must not cost a look at all shells.
      neighbours: ({ record }: Shell) =>
        record.target.kind === "local" ? [] : neighboursOf(record, registry.list()),
      createUpstream: ({ record, size, have, handlers, isUrgent }: UpstreamRequest) =>
        cloud.tend(
          record,
          new TendedUpstream({
            clock,
            idleStopMs: record.idleStopMs,
            asleepSince: record.asleepSince,
            isUrgent,
            handlers,
            make: (tended) =>
              new Upstream({
                target: record.target,
                ids: { runtimeSessionId: record.runtimeSessionId, shellId: record.shellId },
                size,
                have,
                known: record.known,
                isUrgent,
                handlers: tended,
                deps: { ...deps, sign: cloud.signFor(record, sign), log: log.child({ shell: record.name }) },
              }),
          }),
        ),
    },
  });
  const cloud = new Cloud({ config, registry, tokens, calls: { clock, random: Math.random, sign } });
  const facts = (info: ShellInfo, all: readonly ShellInfo[]): ShellInfo =>
    withRuntimeFacts(info, registry.get(info.name).record, all, config.current.connectionTtlMs);
  const stopWatching = watchForWake(clock, (sleptMs) => {
    log.info({ sleptMs: Math.round(sleptMs) }, "woke up: every link is asked for a sign of life");
    registry.wake();
  });
  const runs = new Runs({ clock, onChange: (listener) => registry.subscribe(listener) });
  await checkpoints.load(records.filter(isLocalAndThere), ADOPT_LIMIT_MS);
  registry.adopt(records);
  await localShellsFound(registry);
  return {
    create: async (params) => {
      const { startCommand, ...request } = newShell(params, config.current, cloud);
      try {
        const { shell, created } = await registry.create(request);
        if (!created) cloud.release(request.target);
        else if (startCommand !== undefined) typeStartCommand(shell, startCommand, clock);
        return { shell: shell.info(), created };
      } catch (error) {
        cloud.release(request.target);
        throw error;
      }
    },
    exec: (sink, params) => cloud.exec(sink, params),
    stopSession: (params) => cloud.stopSession(params),
    giveToken: (params) => cloud.giveToken(params),
    attach: (sink, params, program) => registry.get(params.name).attach(sink, params, program),
    list: () => {
      const all = registry.list();
      return all.map((info) => facts(info, all));
    },
    unsaved: () => describeUnsaved(registry.unsaved),
    check: (params) => {
      const targets = params.name === undefined ? registry.list().map(({ name }) => name) : [params.name];
      return checkCloud(params, {
        config: config.current,
        inUse: targets.map((name) => registry.get(name).record.target),
        env: options.env,
        sign,
        ...deps,
      });
    },
    info: (name) => facts(registry.get(name).info(), registry.list()),
    kill: (name, force) => registry.kill(name, force),
    rename: (name, to) => registry.rename(name, to),
    label: (name, changes) => registry.label(name, changes),
    detach: (name) => registry.detach(name),
    resize: (name, request) => registry.get(name).resize(request),
    send: (name, bytes) => registry.get(name).input.send(bytes),
    run: (params, sink, signal) => runs.run(registry.get(params.name), params, sink, signal),
    capture: async (params) => captureShell(registry.get(params.name), params),
    watch: (name, options) => watchScreen(registry, name, { ...options, clock }),
    subscribe: (listener) => registry.subscribe(listener),
    stop: (reason) => {
      stopWatching();
      return registry.stop(reason);
    },
    stopLocalShells: async () => {
      // Each is killed, so that whoever sees it learns how it ended and the next daemon does not look for it.
      const names = registry.list().map(({ name }) => name);
      const there = names.filter((name) => isLocalAndThere(registry.get(name).record));
      await Promise.allSettled(there.map((name) => registry.kill(name, true)));
      await runtime.stop();
    },
  };
}

function isLocalAndThere({ target, ended, gone }: ShellRecord): boolean {
  return target.kind === "local" && ended === undefined && gone === undefined;
}

/** Whoever starts a daemon to ask about a shell learns how it is, not that it is being looked for. */
async function localShellsFound(registry: Registry): Promise<void> {
  // Each is asked for once: at an event of every shell, a look at all of them would be a look at n x n.
  const isSought = ({ kind, state }: ShellInfo) => kind === "local" && state === "starting";
  const sought = new Set(
    registry
      .list()
      .filter(isSought)
      .map(({ name }) => name),
  );
  if (sought.size === 0) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(finish, ADOPT_LIMIT_MS);
    const unsubscribe = registry.subscribe((event) => {
      if (event.kind === "changed" && isSought(event.shell)) return;
      sought.delete(event.kind === "forgotten" ? event.name : event.shell.name);
      if (sought.size === 0) finish();
    });
  });
}

/** All of it by the config of this moment, which may be another one when the shell is there. */
function newShell(
  params: Params<"shell.new">,
  config: Config,
  cloud: Cloud,
): NewShell & { readonly startCommand?: string } {
  const { name, target, labels = {}, reuse = false } = params;
  const { cols = DEFAULT_SIZE.cols, rows = DEFAULT_SIZE.rows, sizePolicy = config.sizePolicy } = params;
  const fresh = freshIds();
  const { escapes = config.escapes, clipboard = config.clipboard } = params;
  const rules = {
    ...(escapes === "raw" ? { escapes } : {}),
    ...(clipboard === "allow" ? { clipboard } : {}),
    ...(sizePolicy === "latest" ? {} : { sizePolicy }),
  };
  const base = { name, cols, rows, labels, reuse };
  if (target.kind === "local") {
    const { command, cwd, env, umask } = target;
    const local = {
      cwd,
      env,
      ...(command === undefined ? {} : { command }),
      ...(umask === undefined ? {} : { umask }),
    };
    return { ...base, target: { kind: "local" }, rules, ids: fresh, known: false, local };
  }
  const upstreamTarget = cloud.targetOf(name, target);
  const { idleStopMs, startCommand } = cloudRules(target, config);
  const cloudFacts = {
    ...(idleStopMs === undefined ? {} : { idleStopMs }),
    // A session that others know may have had its microVM for long.
    ...(target.runtimeSessionId === undefined ? { vmSince: systemClock.now() } : {}),
  };
  const ids = {
    runtimeSessionId: target.runtimeSessionId ?? fresh.runtimeSessionId,
    shellId: target.shellId ?? fresh.shellId,
  };
  return {
    ...base,
    target: upstreamTarget,
    rules: { ...rules, ...cloudFacts },
    ids,
    known: target.shellId !== undefined,
    // One that is adopted has begun long ago.
    ...(startCommand === undefined || target.shellId !== undefined ? {} : { startCommand }),
  };
}

/** The runtime needs no credentials, and its shells get the environment of the client that makes them. */
function runtimeEnvironment(env: ShellsOptions["env"]): Record<string, string | undefined> {
  const names = ["HOME", "PATH", "LANG", "LC_ALL", "TMPDIR"];
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}
