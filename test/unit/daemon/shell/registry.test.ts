import { describe, expect, it } from "vitest";
import type { NewShell } from "../../../../daemon/shell/new-shell.js";
import { Registry, type RegistryOptions } from "../../../../daemon/shell/registry.js";
import type { Disk } from "../../../../daemon/shell/state/disk.js";
import type { ShellRecord } from "../../../../daemon/shell/state/shell-record.js";
import { ShellStore } from "../../../../daemon/shell/state/shell-store.js";
import { decodeState } from "../../../../daemon/shell/state/state-file.js";
import { AgentdError } from "../../../../shared/errors.js";
import type { ShellEvent } from "../../../../shared/rpc.js";
import { eventLoopSlicer } from "../../../support/event-loop-slicer.js";
import { CollectingSink, LOCAL_RECORD, ScriptedUpstream } from "../../../support/shell-rig.js";
import { VirtualClock } from "../../../support/virtual-clock.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

type Checker = (when: string, name: string) => void;

interface RigOptions {
  readonly store?: Pick<ShellStore, "save">;
  /** Called before a process is started, while it is, and before its upstream is made. */
  readonly check?: Checker;
}

class RegistryRig {
  readonly clock = new VirtualClock();
  readonly upstreams: ScriptedUpstream[] = [];
  readonly prepared: string[] = [];
  readonly warnings: string[] = [];
  readonly told: ShellEvent[] = [];
  saved: ShellRecord[] = [];
  /** What happened, in order. */
  readonly log: string[] = [];
  saveFails = false;
  /** What each new upstream does first. */
  script: (upstream: ScriptedUpstream) => void = (upstream) => upstream.live();
  readonly registry: Registry;

  constructor({ store, check = () => {} }: RigOptions = {}) {
    this.registry = new Registry(this.#options(store, check));
  }

  readonly #options = (store: RigOptions["store"], check: Checker): RegistryOptions => ({
    clock: this.clock,
    store: store ?? {
      save: async (records) => {
        if (this.saveFails) throw new AgentdError("state_unwritable", "disk full");
        this.saved = structuredClone([...records()]);
        this.log.push(`saved ${this.saved.map(({ name }) => name).join(" ")}`);
      },
    },
    warn: (message) => this.warnings.push(message),
    onForgotten: ({ name }) => this.log.push(`forgot ${name}`),
    tell: (event) => this.told.push(event),
    prepareLocal: async ({ name, shellId }) => {
      check("prepared", name);
      await turn();
      check("started", name);
      this.log.push(`prepared ${name}`);
      this.prepared.push(shellId);
      if (name === "unstartable") throw new AgentdError("spawn_failed", "no such program");
    },
    shell: {
      slicer: eventLoopSlicer(),
      scrollback: 100,
      neighbours: () => [],
      createUpstream: (request) => {
        const upstream = new ScriptedUpstream(request);
        check("connected", request.record.name);
        this.log.push(`connected ${request.record.name}`);
        this.upstreams.push(upstream);
        queueMicrotask(() => this.script(upstream));
        return upstream;
      },
    },
  });

  create(name: string, extra: Partial<NewShell> = {}) {
    return this.registry.create({
      name,
      target: { kind: "local" },
      ids: { runtimeSessionId: "s".repeat(36), shellId: `id-${name}` },
      cols: 80,
      rows: 24,
      labels: {},
      known: false,
      reuse: false,
      local: { cwd: "/", env: {} },
      ...extra,
    });
  }
}

describe("Registry", () => {
  it("has the ids on disk before a process is started or anything connects", async () => {
    const rig = new RegistryRig();
    const { shell, created } = await rig.create("a");
    expect(created).toBe(true);
    expect(shell.info()).toMatchObject({ name: "a", state: "live" });
    expect(rig.log.slice(0, 3)).toEqual(["saved a", "prepared a", "connected a"]);
  });

  it("has the ids on disk also when several shells are made and saved at the same time", async () => {
    const files = new Map<string, Buffer>();
    const disk: Disk = {
      read: async (path) => files.get(path),
      writeNew: async (path, content) => {
        await turn();
        files.set(path, content);
      },
      rename: async (from, to) => {
        files.set(to, files.get(from) ?? Buffer.alloc(0));
        files.delete(from);
      },
      syncDirectory: async () => {},
      list: async () => [...files.keys()],
      remove: async (path) => void files.delete(path),
    };
    const store = new ShellStore({ directory: "/state", disk, now: () => 0, warn: () => {} });
    const missing: string[] = [];
    const check = (when: string, name: string) => {
      const state = decodeState(files.get("/state/state.json") ?? Buffer.alloc(0));
      const names = state.kind === "ok" ? state.records.map((record) => record.name) : [];
      if (!names.includes(name)) missing.push(`${name} when ${when}`);
    };
    const rig = new RegistryRig({ store, check });
    await rig.create("old");
    await Promise.all(["a", "b", "c"].map((name) => rig.create(name)));
    const last = rig.create("d");
    // Another shell has something to save while the new one's process is being started.
    rig.upstreams[0]?.live({ ids: { runtimeSessionId: "t".repeat(36), shellId: "other" } });
    await last;
    expect(missing).toEqual([]);
  });

  it("gives the name of a shell that is over to a new one", async () => {
    const rig = new RegistryRig();
    for (const reuse of [false, true]) {
      await rig.create("a");
      rig.upstreams.at(-1)?.end({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
      await turn();
      expect(rig.registry.list()).toMatchObject([{ name: "a", state: "ended" }]);
      const { created, shell } = await rig.create("a", { reuse });
      expect(created).toBe(true);
      expect(shell.state.kind).toBe("live");
      expect(rig.registry.list()).toHaveLength(1);
      await rig.registry.kill("a", false);
    }
  });

  it("says of every record that is forgotten, killed, replaced or kept long enough", async () => {
    const rig = new RegistryRig();
    for (const name of ["killed", "replaced", "kept"]) await rig.create(name);
    for (const upstream of rig.upstreams.slice(1)) {
      upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 0 } });
    }
    await turn();
    rig.log.length = 0;
    await rig.registry.kill("killed", false);
    await rig.create("replaced");
    await rig.clock.advance(10 * 60_000);
    expect(rig.log.filter((entry) => entry.startsWith("forgot"))).toEqual([
      "forgot killed",
      "forgot replaced",
      "forgot kept",
    ]);
  });

  it("sets and removes labels, saved, and said to subscribers", async () => {
    const rig = new RegistryRig();
    await rig.create("a", { labels: { team: "x", old: "1" } });
    const events: ShellEvent[] = [];
    rig.registry.subscribe((event) => events.push(event));
    const labels = await rig.registry.label("a", { team: "y", old: null, never: null, new: "" });
    expect(labels).toEqual({ team: "y", new: "" });
    expect(rig.saved).toMatchObject([{ name: "a", labels }]);
    await turn();
    expect(events).toMatchObject([{ kind: "changed", shell: { name: "a", labels } }]);
  });

  it("changes no label when there would be too many", async () => {
    const rig = new RegistryRig();
    await rig.create("a", { labels: { keep: "1" } });
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`k${index}`, "v"]));
    await expect(rig.registry.label("a", { ...many, keep: "2" })).rejects.toMatchObject({
      code: "invalid_params",
    });
    expect(rig.registry.list()).toMatchObject([{ labels: { keep: "1" } }]);
    expect(Object.keys(await rig.registry.label("a", { ...many, keep: null }))).toHaveLength(64);
    await expect(rig.registry.label("nobody", {})).rejects.toMatchObject({ code: "shell_not_found" });
  });

  it("makes nothing when the ids cannot be saved", async () => {
    const rig = new RegistryRig();
    rig.saveFails = true;
    await expect(rig.create("a")).rejects.toMatchObject({ code: "state_unwritable" });
    expect(rig.log).toEqual([]);
    expect(rig.registry.list()).toEqual([]);
  });

  it("gives a name to one of two creators, and the same shell to both that reuse it", async () => {
    const rig = new RegistryRig();
    const [first, second] = [rig.create("a"), rig.create("a")];
    await expect(second).rejects.toMatchObject({
      code: "name_taken",
      message: "name 'a' exists · agentd attach a",
    });
    await first;
    const [b, c] = await Promise.all([rig.create("r", { reuse: true }), rig.create("r", { reuse: true })]);
    expect(c.shell).toBe(b.shell);
    expect([b.created, c.created]).toEqual([true, false]);
    expect(rig.prepared).toHaveLength(2);
  });

  it("leaves nothing behind when the process cannot be started, or the first connect fails for good", async () => {
    const rig = new RegistryRig();
    await expect(rig.create("unstartable")).rejects.toMatchObject({ code: "spawn_failed" });
    rig.script = (upstream) =>
      upstream.end({ kind: "gone", error: new AgentdError("access_denied", "no permission") });
    await expect(rig.create("denied")).rejects.toMatchObject({ code: "access_denied" });
    await turn();
    expect(rig.registry.list()).toEqual([]);
    expect(rig.saved).toEqual([]);
    rig.script = (upstream) => upstream.live();
    expect((await rig.create("denied")).created).toBe(true);
  });

  it("answers with an ended shell when its command was short, and forgets it after ten minutes", async () => {
    const rig = new RegistryRig();
    rig.script = (upstream) => {
      upstream.live();
      upstream.end({ kind: "exited", exit: { kind: "code", exitCode: 4 } });
    };
    await rig.create("short");
    await turn();
    expect(rig.registry.list()).toMatchObject([{ name: "short", state: "ended", exitCode: 4 }]);
    await rig.clock.advance(9 * 60_000);
    expect(rig.registry.list()).toHaveLength(1);
    await rig.clock.advance(61_000);
    expect(rig.registry.list()).toEqual([]);
    expect(rig.saved).toEqual([]);
  });

  it("finds its shells again, and knows how those ended that had", async () => {
    const rig = new RegistryRig();
    rig.script = () => {};
    const endedAt = rig.clock.now() - 1000;
    rig.registry.adopt([
      { ...LOCAL_RECORD, name: "alive", known: true },
      { ...LOCAL_RECORD, name: "dead", known: true, ended: { exit: { kind: "code", exitCode: 2 }, endedAt } },
    ]);
    expect(rig.registry.list()).toMatchObject([
      { name: "alive", state: "starting" },
      { name: "dead", state: "ended", exitCode: 2 },
    ]);
    expect(rig.upstreams.map(({ runs }) => runs)).toEqual([1, 0]);
  });

  it("renames, and refuses a name that is taken or unknown, with a suggestion", async () => {
    const rig = new RegistryRig();
    await rig.create("work");
    await rig.create("other");
    await rig.registry.rename("work", "build");
    expect(rig.registry.list().map(({ name }) => name)).toEqual(["build", "other"]);
    expect(rig.saved.map(({ name }) => name).sort()).toEqual(["build", "other"]);
    await expect(rig.registry.rename("build", "other")).rejects.toMatchObject({ code: "name_taken" });
    expect(() => rig.registry.get("biuld")).toThrow("no shell 'biuld' · did you mean 'build'?");
  });

  it("ends and forgets with kill", async () => {
    const rig = new RegistryRig();
    await rig.create("a");
    expect(await rig.registry.kill("a", false)).toMatchObject({ kind: "signal" });
    expect(rig.registry.list()).toEqual([]);
    await turn();
    expect(rig.saved).toEqual([]);
  });

  it("keeps nothing of shells that were killed", async () => {
    const rig = new RegistryRig();
    for (let i = 0; i < 5; i++) {
      await rig.create(`s${i}`);
      await rig.registry.kill(`s${i}`, false);
    }
    await turn();
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("tells subscribers what changes, and stops when told", async () => {
    const rig = new RegistryRig();
    const events: ShellEvent[] = [];
    const stop = rig.registry.subscribe((event) => events.push(event));
    await rig.create("a");
    await turn();
    await rig.registry.rename("a", "b");
    await rig.registry.kill("b", false);
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(["changed", "renamed", "forgotten"]));
    expect(events.at(-1)).toEqual({ kind: "forgotten", name: "b" });
    stop();
    const count = events.length;
    await rig.create("c");
    await turn();
    expect(events).toHaveLength(count);
    // The log is told with and without them.
    expect(rig.told.slice(0, count)).toEqual(events);
    expect(rig.told.at(-1)).toMatchObject({ kind: "changed", shell: { name: "c" } });
  });

  it("does not tell the log of typing and printing while nobody else listens", async () => {
    const rig = new RegistryRig();
    await rig.create("a");
    await turn();
    const count = rig.told.length;
    rig.upstreams[0]?.output("text");
    await turn();
    await rig.clock.advance(60_000);
    expect(rig.told).toHaveLength(count);
    rig.registry.subscribe(() => {});
    rig.upstreams[0]?.output("text");
    await turn();
    await rig.clock.advance(60_000);
    expect(rig.told.length).toBeGreaterThan(count);
  });

  it("says once that the state cannot be saved, and saves it when it can again", async () => {
    const rig = new RegistryRig();
    await rig.create("a");
    rig.saveFails = true;
    const failedAt = rig.clock.now();
    await expect(rig.registry.rename("a", "b")).rejects.toMatchObject({
      code: "state_unwritable",
      message: "shell 'a' is called 'b' now, but that is not saved yet: disk full",
    });
    await rig.clock.advance(25_000);
    expect(rig.warnings).toHaveLength(1);
    expect(rig.registry.unsaved).toEqual({ since: failedAt, reason: "disk full" });
    rig.saveFails = false;
    await rig.clock.advance(10_000);
    expect(rig.saved.map(({ name }) => name)).toEqual(["b"]);
    expect(rig.registry.unsaved).toBeUndefined();
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("answers a kill only when the shell is forgotten on the disk, and says when it cannot be", async () => {
    const rig = new RegistryRig();
    await rig.create("a");
    await rig.create("b");
    await rig.registry.kill("a", false);
    expect(rig.saved.map(({ name }) => name)).toEqual(["b"]);
    rig.saveFails = true;
    await expect(rig.registry.kill("b", false)).rejects.toMatchObject({
      code: "state_unwritable",
      message: "shell 'b' is ended, but that is not saved yet: disk full",
    });
    expect(rig.registry.list()).toEqual([]);
    rig.saveFails = false;
    await rig.clock.advance(10_000);
    expect(rig.saved).toEqual([]);
  });

  it("ends a shell whose kill the last daemon had begun, and none whose kill had failed", async () => {
    const rig = new RegistryRig();
    rig.registry.adopt([
      { ...LOCAL_RECORD, name: "dying", shellId: "id-1", known: true, ending: true },
      { ...LOCAL_RECORD, name: "alive", shellId: "id-2", known: true },
    ]);
    await expect.poll(() => rig.registry.list()).toMatchObject([{ name: "alive", state: "live" }]);
    expect(rig.saved.map(({ name }) => name)).toEqual(["alive"]);
    const [, upstream] = rig.upstreams;
    upstream!.kill = async () => {
      expect(rig.saved).toMatchObject([{ name: "alive", ending: true }]);
      throw new AgentdError("timeout", "no answer");
    };
    await expect(rig.registry.kill("alive", false)).rejects.toMatchObject({ code: "shell_not_live" });
    await turn();
    expect(rig.saved).toMatchObject([{ name: "alive" }]);
    expect(rig.saved[0]).not.toHaveProperty("ending");
  });

  it("counts a shell as one that is being ended until the last of several kills has failed", async () => {
    const rig = new RegistryRig();
    await rig.create("a");
    const answers: ((error: AgentdError) => void)[] = [];
    rig.upstreams[0]!.kill = () => new Promise((_, reject) => answers.push(reject));
    const kills = [rig.registry.kill("a", false), rig.registry.kill("a", false)];
    const failed = kills.map((kill) => kill.catch((error: unknown) => error));
    await expect.poll(() => answers.length).toBe(2);
    answers[1]!(new AgentdError("timeout", "no answer"));
    expect(await failed[1]).toMatchObject({ code: "shell_not_live" });
    await turn();
    expect(rig.saved).toMatchObject([{ name: "a", ending: true }]);
    answers[0]!(new AgentdError("timeout", "no answer"));
    expect(await failed[0]).toMatchObject({ code: "shell_not_live" });
    await turn();
    expect(rig.saved[0]).not.toHaveProperty("ending");
  });

  it("keeps a shell that cannot be had any more for ten minutes, also in the next daemon, which does not try again", async () => {
    const rig = new RegistryRig();
    await rig.create("a");
    rig.upstreams[0]?.end({ kind: "gone", error: new AgentdError("runtime_not_found", "no such runtime") });
    await turn();
    const endedAt = rig.clock.now();
    expect(rig.saved).toMatchObject([{ name: "a", gone: { message: "no such runtime", endedAt } }]);
    const next = new RegistryRig();
    next.registry.adopt(rig.saved);
    expect(next.upstreams.map(({ runs }) => runs)).toEqual([0]);
    expect(next.registry.list()).toMatchObject([{ name: "a", state: "gone", reason: "no such runtime" }]);
    await next.clock.advance(9 * 60_000);
    expect(next.registry.list()).toHaveLength(1);
    await next.clock.advance(61_000);
    expect(next.registry.list()).toEqual([]);
    expect(next.saved).toEqual([]);
  });

  it("makes no shell whose ids are still being saved when it stops", async () => {
    const rig = new RegistryRig();
    const refused = expect(rig.create("a")).rejects.toMatchObject({ code: "daemon_stopping" });
    await rig.registry.stop("restarting");
    await refused;
    await turn();
    expect([rig.prepared, rig.upstreams, rig.saved]).toEqual([[], [], []]);
  });

  it("leaves a shell whose process is being started when it stops to the next daemon", async () => {
    let stopped: Promise<void> | undefined;
    const check = (when: string) => {
      if (when === "prepared") stopped = rig.registry.stop("restarting");
    };
    const rig: RegistryRig = new RegistryRig({ check });
    const { shell } = await rig.create("a");
    await stopped;
    expect(rig.upstreams.map(({ runs }) => runs)).toEqual([0]);
    expect(rig.saved).toMatchObject([{ name: "a" }]);
    const attaching = shell.attach(new CollectingSink(), { name: "a", cols: 80, rows: 24 });
    await expect(attaching).rejects.toMatchObject({ code: "daemon_stopping" });
  });

  it("stops by letting go of every shell, ending none", async () => {
    const rig = new RegistryRig();
    await rig.create("a");
    await rig.registry.stop("stopping");
    expect(rig.saved).toMatchObject([{ name: "a", known: true }]);
    expect(rig.saved[0]).not.toHaveProperty("ended");
    await expect(rig.create("b")).rejects.toMatchObject({ code: "daemon_stopping" });
  });
});
