// F-05: whatever disk operation fails, or is the last one before the process dies, no shell is lost and no place leaks.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ShellInfo, UnsavedState } from "../../shared/rpc.js";
import { DiskWorld } from "../support/disk-world.js";
import { FAULTS, type Fault, FaultyDisk } from "../support/faulty-disk.js";
import { firstSeed, isFullRun, recordFigures, repetitions } from "../support/figures.js";
import { seededRandom } from "../support/random-stream.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_ARN } from "../support/runtime-server.js";
import { Sandbox } from "../support/sandbox.js";

const rows: [string, string][] = [];

/** The life of several shells, some at once. */
async function scenario(world: DiskWorld): Promise<void> {
  await world.start();
  await Promise.all([world.create("a", "local"), world.create("b", "agentcore")]);
  await world.create("c", "agentcore");
  await Promise.all([world.rename("a", "d"), world.create("a", "local")]);
  await world.kill("b");
  world.end("c");
  await Promise.all([world.create("b", "agentcore"), world.kill("a")]);
  await world.rename("b", "last");
}

async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "agentd-faults-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs it with this fault at the n-th operation. @returns whether the run was long enough to meet it. */
async function runWithFault(n: number, fault: Fault): Promise<boolean> {
  return withDirectory(async (directory) => {
    const disk = new FaultyDisk((operation) => (operation === n ? fault : undefined));
    const world = new DiskWorld(directory, disk);
    const ended = scenario(world).catch((error: unknown) => {
      // A daemon that cannot read its state does not start; nothing was promised by then.
      if (world.registry.list().length > 0) world.violations.push(String(error));
    });
    await Promise.race([ended, disk.died]);
    world.check(await world.settle());
    const left = readdirSync(directory).filter((name) => name.endsWith(".new"));
    if (left.length > 0) world.violations.push(`left behind: ${left}`);
    expect(world.violations, `${fault} at operation ${n}`).toEqual([]);
    return disk.faults > 0;
  });
}

/** Random actions and random faults, with a new daemon after every death. */
async function runSeed(seed: number): Promise<{ faults: number; deaths: number }> {
  return withDirectory(async (directory) => {
    const random = seededRandom(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
    let faults = 0;
    const newDisk = () =>
      new FaultyDisk(() => {
        if (random() > 0.06) return undefined;
        faults += 1;
        return pick(FAULTS);
      });
    const world = new DiskWorld(directory, newDisk());
    const names = ["a", "b", "c", "d", "e"];
    await Promise.race([world.start().catch(() => {}), world.disk.died]);
    for (let step = 0; step < 25; step++) {
      const actions = Array.from({ length: 1 + below(3) }, () => {
        const name = pick(names);
        const what = below(10);
        if (what < 5) return world.create(name, pick(["local", "agentcore"]));
        if (what < 7) return world.rename(name, pick(names));
        if (what < 9) return world.kill(name);
        return world.end(name);
      });
      const died = await Promise.race([
        Promise.all(actions).then(() => false),
        world.disk.died.then(() => true),
      ]);
      if (died) await world.restart(newDisk());
      if (world.violations.length > 0) break;
    }
    world.check(await world.settle());
    expect(world.violations, `seed ${seed}`).toEqual([]);
    return { faults, deaths: world.restarts };
  });
}

describe("disk faults", () => {
  it("loses no shell and leaks no place, whichever operation fails and in whatever way", async () => {
    let faults = 0;
    for (let n = 1, met = true; met; n++) {
      met = false;
      // In a plain run one kind for each operation, in turn.
      for (const fault of isFullRun ? FAULTS : [FAULTS[n % FAULTS.length]!]) {
        if (!(await runWithFault(n, fault))) continue;
        met = true;
        faults += 1;
      }
    }
    rows.push(["single faults: every operation of the scenario × 5 kinds", String(faults)]);
    expect(faults).toBeGreaterThan(60);
  });

  it("keeps its promises through random faults and deaths", async () => {
    const first = firstSeed();
    const count = repetitions({ ci: 25, full: 5000 });
    let faults = 0;
    let deaths = 0;
    for (let seed = first; seed < first + count; seed++) {
      const result = await runSeed(seed);
      faults += result.faults;
      deaths += result.deaths;
    }
    rows.push(["random schedules (25 steps of 1 to 3 actions)", String(count)]);
    rows.push(["faults in them", `${faults}, ${deaths} of them deaths of the process`]);
    expect(deaths).toBeGreaterThan(count / 10);
  });

  it("keeps running from memory on a full disk, says so, and saves as soon as there is room", async (context) => {
    const sandbox = new Sandbox(CREDENTIAL_ENV);
    const state = join(sandbox.home, "state");
    mkdirSync(state, { mode: 0o700 });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", state]);
    if (mounted.status !== 0) {
      sandbox.dispose();
      return context.skip("a small file system can be mounted by root only");
    }
    const server = await RuntimeServer.start();
    const cloud = ["--runtime", TEST_ARN, "--endpoint-url", server.url];
    const list = () => sandbox.json<{ shells: ShellInfo[] } & UnsavedState>(["ls", "--json"]);
    const names = () => list().shells.map(({ name }) => name);
    try {
      for (const name of ["a", "b"]) {
        expect(await sandbox.runAsync(["new", "-d", name, "--local", "--", "sleep", "1000"])).toMatchObject({
          status: 0,
        });
      }
      expect(await sandbox.runAsync(["new", "-d", "cloud", ...cloud])).toMatchObject({ status: 0 });
      fill(join(state, "filler"));

      const kill = sandbox.run(["kill", "b"]);
      expect(kill).toMatchObject({ status: 75, stdout: "" });
      expect(kill.stderr).toMatch(/^shell 'b' is ended, but that is not saved yet: .*\(ENOSPC\).*\n$/);
      const refused = await sandbox.runAsync(["new", "-d", "more", ...cloud]);
      expect(refused.status).toBe(75);
      expect(refused.stderr).toMatch(/^cannot write .*state\.json \(ENOSPC\) · make room/);
      expect(sandbox.run(["ls"]).stderr).toMatch(/^state not saved since \d\d:\d\d: .*ENOSPC.*\n$/);
      expect(list()).toMatchObject({
        stateUnsavedSince: expect.stringMatching(/^\d{4}-/),
        stateUnsavedReason: expect.stringContaining("ENOSPC"),
      });
      expect(sandbox.json(["daemon", "status", "--json"])).toMatchObject({
        stateUnsavedReason: expect.stringContaining("ENOSPC"),
      });
      expect(sandbox.run(["send", "a", "x"])).toMatchObject({ status: 0 });
      expect(sandbox.run(["rename", "a", "z"]).stderr).toMatch(/^shell 'a' is called 'z' now, but/);
      expect(names()).toEqual(["cloud", "z"]);

      unlinkSync(join(state, "filler"));
      expect(await sandbox.runAsync(["new", "-d", "more", ...cloud])).toMatchObject({ status: 0 });
      expect(list()).not.toHaveProperty("stateUnsavedSince");
      process.kill(sandbox.json<{ pid: number }>(["daemon", "status", "--json"]).pid, "SIGKILL");
      fill(join(state, "filler"));
      const start = sandbox.run(["ls"]);
      expect(start).toMatchObject({ status: 69, stdout: "" });
      expect(start.stderr).toMatch(/^cannot write the lock in '.*' \(ENOSPC\) · make room.*\n$/);
      unlinkSync(join(state, "filler"));
      expect(names()).toEqual(["cloud", "more", "z"]);
      rows.push(["a real full disk (64 KB): shells lost", "0"]);
    } finally {
      rmSync(join(state, "filler"), { force: true });
      for (const name of ["cloud", "more"]) await sandbox.runAsync(["kill", "--force", name]);
      sandbox.run(["daemon", "stop", "--local-shells", "-q"]);
      spawnSync("umount", ["-l", state]);
      sandbox.dispose();
      await server.stop();
    }
  });

  afterAll(() =>
    recordFigures({
      id: "80-disk-faults",
      title: "Disk faults",
      contract:
        "Whichever disk operation fails, or is the last one before the process dies: no confirmed shell is lost, no shell runs that the state does not name, nothing that was killed comes back.",
      method:
        "The real registry and store on a real directory, through a disk that fails at the n-th operation for every n (ENOSPC, EIO after the fact, a short write, death before it, death after it), then at random ones with a new start after every death. A server that outlives the daemon, and a list of every answer given, are the oracle.",
      command: "npm run figures",
      seeds: [firstSeed(), firstSeed() + repetitions({ ci: 25, full: 5000 }) - 1],
      rows,
    }),
  );
});

/** Until the last byte: big pieces first, then small ones. */
function fill(path: string): void {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: "a", mode: 0o600 });
    } catch {
      // No room for a piece of this size.
    }
  }
}
