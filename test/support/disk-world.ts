// A registry over a disk that fails, a server that outlives it, and an oracle that knows what was promised to whom.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NewShell } from "../../daemon/shell/new-shell.js";
import { Registry } from "../../daemon/shell/registry.js";
import type { ShellRecord } from "../../daemon/shell/state/shell-record.js";
import { ShellStore } from "../../daemon/shell/state/shell-store.js";
import { decodeState } from "../../daemon/shell/state/state-file.js";
import { Slicer } from "../../daemon/terminal/slicer.js";
import type { UpstreamTarget } from "../../daemon/upstream/target.js";
import { AgentdError } from "../../shared/errors.js";
import { FaultyDisk } from "./faulty-disk.js";
import { ScriptedUpstream } from "./shell-rig.js";
import { VirtualClock } from "./virtual-clock.js";

const CLOUD: UpstreamTarget = {
  kind: "agentcore",
  runtimeArn: "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/demo-Ab1",
  region: "us-west-2",
};

class ServedUpstream extends ScriptedUpstream {
  onKill: () => void = () => {};

  override async kill() {
    this.onKill();
    return super.kill();
  }
}

export class DiskWorld {
  readonly directory: string;
  readonly clock = new VirtualClock();
  /** What is wrong, in words. */
  readonly violations: string[] = [];
  /** Shell ids that exist at the server: each takes one of its places. */
  readonly served = new Set<string>();
  /** Ids whose creation was confirmed and whose end nobody has asked for or seen. */
  readonly promised = new Set<string>();
  /** Ids whose process was ended by a kill that was on the disk before, confirmed or not. */
  readonly killed = new Set<string>();
  /** Ids whose kill was confirmed. */
  readonly forgotten = new Set<string>();
  /** Confirmed names by id; deleted while a rename is under way. */
  readonly named = new Map<string, string>();
  disk: FaultyDisk;
  registry: Registry;
  restarts = 0;
  #lastId = 0;
  readonly #renaming: string[] = [];
  readonly #upstreams = new Map<string, ServedUpstream>();

  constructor(directory: string, disk: FaultyDisk) {
    this.directory = directory;
    this.disk = disk;
    this.registry = this.#newRegistry(disk);
  }

  /** Begins with what is on the disk, as a daemon does. */
  async start(): Promise<void> {
    const records = await this.#store(this.disk).load();
    this.registry.adopt(records);
    await turn();
  }

  /** The next daemon, after this one has died: reads with a disk that works, checks what it finds, and goes on with `disk`. */
  async restart(disk: FaultyDisk): Promise<readonly ShellRecord[]> {
    this.restarts += 1;
    const records = await this.#store(new FaultyDisk(() => undefined)).load();
    this.check(records);
    this.disk = disk;
    this.registry = this.#newRegistry(disk);
    this.#upstreams.clear();
    this.registry.adopt(records);
    await turn();
    return records;
  }

  /** Held against every promise. */
  check(records: readonly ShellRecord[]): void {
    const ids = new Set(records.map(({ shellId }) => shellId));
    const names = records.map(({ name }) => name);
    if (new Set(names).size !== names.length) this.violations.push(`two shells of one name: ${names}`);
    for (const id of this.promised) if (!ids.has(id)) this.violations.push(`${id} was confirmed and is lost`);
    for (const id of this.served) if (!ids.has(id)) this.violations.push(`${id} runs and nobody knows it`);
    for (const id of this.forgotten) if (ids.has(id)) this.violations.push(`${id} was killed and is back`);
    for (const { shellId, name } of records) {
      const confirmed = this.named.get(shellId);
      if (confirmed !== undefined && confirmed !== name)
        this.violations.push(`${shellId} is '${name}', was confirmed as '${confirmed}'`);
    }
  }

  /** @returns the id, or undefined when it was refused because the disk did not take it. */
  async create(name: string, kind: "local" | "agentcore"): Promise<string | undefined> {
    const shellId = `id-${++this.#lastId}`;
    const base = { name, cols: 80, rows: 24, labels: {}, known: false, reuse: false };
    const ids = { runtimeSessionId: "s".repeat(36), shellId };
    const request: NewShell =
      kind === "local"
        ? { ...base, ids, target: { kind }, local: { cwd: "/", env: {} } }
        : { ...base, ids, target: CLOUD };
    const done = await this.#tolerate(this.registry.create(request), "name_taken");
    if (!done) {
      if (this.served.has(shellId)) this.violations.push(`${shellId} was refused and runs`);
      return undefined;
    }
    this.promised.add(shellId);
    this.named.set(shellId, name);
    return shellId;
  }

  async rename(from: string, to: string): Promise<void> {
    const id = this.#idOf(from);
    if (id === undefined) return;
    this.named.delete(id);
    this.#renaming.push(id);
    const done = await this.#tolerate(this.registry.rename(from, to), "name_taken");
    this.#renaming.splice(this.#renaming.indexOf(id), 1);
    const isCertain = done && this.promised.has(id) && !this.#renaming.includes(id);
    if (isCertain && this.#idOf(to) === id) this.named.set(id, to);
  }

  async kill(name: string): Promise<void> {
    const id = this.#idOf(name);
    if (id === undefined) return;
    this.promised.delete(id);
    this.named.delete(id);
    if (await this.#tolerate(this.registry.kill(name, false), "shell_not_found")) this.forgotten.add(id);
  }

  /** The shell's process ends by itself. */
  end(name: string): void {
    const id = this.#idOf(name);
    if (id === undefined) return;
    this.served.delete(id);
    // From now on it only keeps its name until somebody wants it.
    this.promised.delete(id);
    this.named.delete(id);
    this.#upstreams.get(id)?.end({ kind: "exited", exit: { kind: "code", exitCode: 3 } });
  }

  /** All is saved at last, once the disk works: by the next attempt, which nobody has to ask for. */
  async settle(): Promise<readonly ShellRecord[]> {
    this.disk.heal();
    // It may have died in something that nobody waited for.
    if (this.disk.isDead) await this.restart(new FaultyDisk(() => undefined));
    await this.clock.advance(10_001);
    for (let tries = 0; this.registry.unsaved !== undefined && tries < 100_000; tries++) await turn();
    if (this.registry.unsaved !== undefined) this.violations.push("not saved although the disk works again");
    const revived = () => [...this.killed].filter((id) => this.served.has(id));
    for (let tries = 0; revived().length > 0 && tries < 100_000; tries++) await turn();
    for (const id of revived()) this.violations.push(`${id} was killed and runs again`);
    await this.registry.stop("stopping");
    return this.#store(new FaultyDisk(() => undefined)).load();
  }

  #idOf(name: string): string | undefined {
    return this.registry.list().find((shell) => shell.name === name)?.shellId;
  }

  /** True: done. False: refused for a reason that the disk, or the scenario, is to blame for. */
  async #tolerate(action: Promise<unknown>, also: string): Promise<boolean> {
    try {
      await action;
      return true;
    } catch (error) {
      const { code, message } = AgentdError.from(error);
      if (code !== "state_unwritable" && code !== also) this.violations.push(`${code}: ${message}`);
      return false;
    }
  }

  #store(disk: FaultyDisk): ShellStore {
    return new ShellStore({ directory: this.directory, disk, now: () => 7, warn: () => {} });
  }

  #newRegistry(disk: FaultyDisk): Registry {
    return new Registry({
      clock: this.clock,
      store: this.#store(disk),
      warn: () => {},
      prepareLocal: async ({ shellId }) => {
        this.#serve(shellId);
        await turn();
      },
      shell: {
        slicer: new Slicer({ schedule: setImmediate, now: () => 0, delay: () => () => {} }),
        scrollback: 10,
        neighbours: () => [],
        createUpstream: (request) => {
          const upstream = new ServedUpstream(request);
          const { record } = request;
          const { shellId } = record;
          upstream.onKill = () => {
            this.served.delete(shellId);
            // A disk that takes nothing must not keep a shell from being killed; then a death on top of it undoes that.
            if (this.#onDisk().some((found) => found.shellId === shellId && found.ending))
              this.killed.add(shellId);
          };
          this.#upstreams.set(shellId, upstream);
          if (record.ended === undefined && record.gone === undefined) {
            queueMicrotask(() => this.#connect(upstream, record));
          }
          return upstream;
        },
      },
    });
  }

  #connect(upstream: ServedUpstream, record: ShellRecord): void {
    const { shellId, target } = record;
    if (target.kind === "local" && !this.served.has(shellId)) {
      upstream.end({ kind: "gone", error: new AgentdError("shell_not_found", "it is not there") });
      return;
    }
    // The service makes a shell for every id that it does not know.
    if (!this.served.has(shellId)) this.#serve(shellId);
    upstream.live(record.known ? { verdict: "same" } : {});
  }

  #onDisk(): ShellRecord[] {
    return ["state.json", "state.json.bak"].flatMap((name) => [...recordsIn(join(this.directory, name))]);
  }

  #serve(shellId: string): void {
    this.served.add(shellId);
    const onDisk = this.#onDisk().some((record) => record.shellId === shellId);
    if (!onDisk) this.violations.push(`${shellId} was used before it was on the disk`);
  }
}

function recordsIn(path: string): readonly ShellRecord[] {
  try {
    const state = decodeState(readFileSync(path));
    return state.kind === "ok" ? state.records : [];
  } catch {
    return [];
  }
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
