// Seeded schedules of network faults between the real daemon and a real runtime, while output flows and keys are typed.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AttachedStream } from "../support/attached-stream.js";
import { DaemonHome } from "../support/daemon-process.js";
import type { Cut, Directions } from "../support/fault-proxy.js";
import { firstSeed, percentilesText, recordFigures, repetitions } from "../support/figures.js";
import { seededRandom } from "../support/random-stream.js";
import { CREDENTIAL_ENV, RuntimeServer, TEST_CREDENTIALS } from "../support/runtime-server.js";
import { END_BYTES, type Jump, judgeInput, token } from "../support/stream-oracle.js";
import { StreamShell } from "../support/stream-shell.js";

interface Profile {
  readonly name: string;
  /** The server counts its output: then nothing may be lost without a word, or come twice. */
  readonly exact: boolean;
  /** Its replay repeats the last bytes, delivered or not: one may bring what an earlier cut had swallowed, and so late. */
  readonly repeats?: true;
  readonly knobs: Readonly<Record<string, unknown>>;
}

const service = { exactMode: false, sessionIdleMs: 60_000 };
const ours = { sessionIdleMs: 60_000 };
const profiles: readonly Profile[] = [
  { name: "exact", exact: true, knobs: ours },
  { name: "exact, 4 KB ring", exact: true, knobs: { ...ours, replayBytes: 4096 } },
  { name: "exact, cut by the server after 0.7 s", exact: true, knobs: { ...ours, connectionTtlMs: 700 } },
  { name: "agentcore", exact: false, knobs: service },
  { name: "generation-b", exact: false, knobs: { ...service, profile: "generation-b" } },
  {
    name: "hostile",
    exact: false,
    repeats: true,
    knobs: { ...service, profile: "hostile", connectionTtlMs: 1_000 },
  },
];

/** So many shells at once. */
const LANES = 6;
const BLOCKS_PER_SECOND = 1_000;

interface Totals {
  schedules: number;
  faults: number;
  reconnects: number;
  bytes: number;
  lost: number;
  said: number;
  doubled: number;
  typed: number;
  read: number;
}

const nothing = (): Totals => ({
  schedules: 0,
  faults: 0,
  reconnects: 0,
  bytes: 0,
  lost: 0,
  said: 0,
  doubled: 0,
  typed: 0,
  read: 0,
});

/** The faults of one schedule, drawn from its seed. */
class Schedule {
  readonly #shell: StreamShell;
  readonly #random: () => number;
  cuts = 0;
  readonly done: string[] = [];

  constructor(shell: StreamShell, random: () => number) {
    this.#shell = shell;
    this.#random = random;
  }

  #int(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#int(0, items.length - 1)]!;
  }

  async run(): Promise<void> {
    const { proxy } = this.#shell;
    const faults: readonly (() => Promise<void> | void)[] = [
      () => this.#cutNow(),
      () => this.#cutAtByte(),
      () => this.#cutNext(),
      () => this.#halfOpen(),
      () => this.#freeze(),
      () => this.#unreachable(),
      () => proxy.shape(this.#pick<Directions>(["up", "down", "both"]), { delayMs: this.#int(1, 30) }),
      () => proxy.shape("down", { bytesPerSecond: this.#int(20_000, 200_000) }),
      () => proxy.shape(this.#pick<Directions>(["up", "down", "both"]), { splitBytes: this.#int(1, 200) }),
      () => proxy.shape("both", { coalesceMs: this.#int(1, 30) }),
    ];
    for (let left = this.#int(1, 6); left > 0; left--) {
      // More than this, and the daemon waits for seconds between its attempts.
      const index = this.cuts >= 4 ? this.#int(6, faults.length - 1) : this.#int(0, faults.length - 1);
      this.done.push(NAMES[index]!);
      await faults[index]!();
      await delay(this.#int(20, 150));
    }
    await proxy.heal();
  }

  #how(): Cut {
    return this.#pick<Cut>(["rst", "rst", "fin"]);
  }

  #cutNow(): void {
    this.cuts += 1;
    this.#shell.proxy.cut(this.#how(), this.#pick(["both", "both", "client"]));
  }

  #cutAtByte(): void {
    this.cuts += 1;
    const direction = this.#pick(["down", "down", "up"] as const);
    const connection = this.#shell.proxy.open.at(-1);
    const bytes = (connection?.passed(direction) ?? 0) + this.#int(0, direction === "down" ? 6_000 : 200);
    connection?.plan({ direction, bytes, act: { cut: this.#how() } });
  }

  /** The connection after a cut does not live long either: its handshake, or its replay, is cut. */
  #cutNext(): void {
    this.cuts += 2;
    this.#shell.proxy.plans.push([
      { direction: "down", bytes: this.#int(0, 5_000), act: { cut: this.#how() } },
    ]);
    this.#shell.proxy.cut(this.#how());
  }

  /** First one side is gone, the other learns later. */
  async #halfOpen(): Promise<void> {
    this.cuts += 1;
    const connection = this.#shell.proxy.open.at(-1);
    connection?.cut("rst", "server");
    await delay(this.#int(20, 200));
    connection?.destroy();
  }

  async #freeze(): Promise<void> {
    const { proxy } = this.#shell;
    proxy.freeze(this.#pick<Directions>(["up", "down", "both"]));
    await delay(this.#int(30, 300));
    if (this.#random() < 0.5) {
      this.cuts += 1;
      proxy.cut(this.#how());
    } else proxy.thaw();
  }

  async #unreachable(): Promise<void> {
    this.cuts += 2;
    const { proxy } = this.#shell;
    if (this.#random() < 0.5) proxy.silence();
    else proxy.refuse();
    proxy.cut(this.#how());
    await delay(this.#int(20, 300));
    await proxy.accept();
  }
}

const NAMES = [
  "cut",
  "cut-at-byte",
  "cut-next",
  "half-open",
  "freeze",
  "unreachable",
  "delay",
  "throttle",
  "split",
  "coalesce",
];

describe("seeded fault schedules", () => {
  const servers: RuntimeServer[] = [];

  beforeAll(async () => {
    const started = profiles.map(({ knobs }) =>
      RuntimeServer.start({ credentials: [TEST_CREDENTIALS], ...knobs }),
    );
    servers.push(...(await Promise.all(started)));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  it("lose, double and invent nothing, and say what the network lost", { timeout: 7_200_000 }, async () => {
    const home = new DaemonHome(CREDENTIAL_ENV);
    await home.start().ready();
    const first = firstSeed();
    const count = repetitions({ ci: 25, full: 2_000 });
    const totals = new Map(profiles.map(({ name }) => [name, nothing()]));
    const durations: number[] = [];
    const failures: string[] = [];
    let next = first;
    const lane = async () => {
      while (next < first + count && failures.length < 5) {
        const seed = next++;
        const index = seed % profiles.length;
        const profile = profiles[index]!;
        const before = performance.now();
        const port = Number(new URL(servers[index]!.url).port);
        try {
          await runSchedule({ seed, profile, port, home, totals: totals.get(profile.name)! });
        } catch (error) {
          failures.push(
            `seed ${seed} (${profile.name}): ${error instanceof Error ? error.message : String(error)}`,
          );
        }
        durations.push(performance.now() - before);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(failures, failures.join("\n")).toEqual([]);
    record(first, count, totals, durations);
  });
});

interface Run {
  readonly seed: number;
  readonly profile: Profile;
  readonly port: number;
  readonly home: DaemonHome;
  readonly totals: Totals;
}

async function runSchedule({ seed, profile, port, home, totals }: Run): Promise<void> {
  const random = seededRandom(seed);
  const what = `seed ${seed} (${profile.name})`;
  const shell = await StreamShell.open({
    socket: home.socket,
    name: `s${seed}`,
    port,
    seed,
    directory: home.home,
    blocksPerSecond: BLOCKS_PER_SECOND,
    record: !profile.exact,
  });
  try {
    const { client } = shell;
    const { offset: begin } = streamBegin(client);
    let typed = 0;
    const typing = setInterval(() => client.type(token(typed++)), 12);
    const schedule = new Schedule(shell, random);
    const running = schedule.run();
    let second: AttachedStream | undefined;
    if (random() < 0.5) {
      await delay(random() * 300);
      second = await shell.attach();
    }
    await running;
    clearInterval(typing);
    const faults = schedule.done.join(" ");
    await shell.hurry(client.newBytes(`output after the faults (${faults}): ${what}`));
    const typedInTrouble = typed;
    await shell.hurry(shell.typeUntilRead(() => token(typed++), what));
    await shell.hurry(shell.finish(what));
    await second?.when(`the second client's end: ${what}`, () => second.oracle.hasEnded);
    judgeSchedule({ what: `${what}, ${faults}`, profile, shell, begin, second, typed: typedInTrouble });
    count(totals, shell, schedule, typed);
    second?.close();
  } finally {
    await shell.dispose();
  }
}

/** Where the program's stream begins in the shell's output. */
function streamBegin(client: AttachedStream): { readonly offset: number } {
  return { offset: client.firstOffset + client.oracle.preludeBytes };
}

/** Bytes of the first `typed` keys that the program has not read. */
function unreadKeys(logged: string, typed: number): number {
  const missing = Array.from({ length: typed }, (_, number) => token(number)).filter(
    (text) => !logged.includes(text),
  );
  return missing.join("").length;
}

interface Case {
  /** Keys that were typed while faults happened. */
  readonly typed: number;
  readonly what: string;
  readonly profile: Profile;
  readonly shell: StreamShell;
  readonly begin: number;
  readonly second: AttachedStream | undefined;
}

function judgeSchedule({ what, profile, shell, begin, second, typed }: Case): void {
  const { client } = shell;
  const { lost, doubled, jumps, length, ...rest } = client.oracle.judge();
  const reordered = profile.repeats ? 0 : rest.reordered;
  // A server that replays the last bytes, delivered or not, replays the prompt before the stream too.
  const repeatsPrelude = ({ to, garbage }: Jump) => profile.repeats && to === 0 && garbage <= begin;
  const garbage = rest.garbage - jumps.filter(repeatsPrelude).reduce((all, jump) => all + jump.garbage, 0);
  const backs = client.notice("back");
  const said = backs.reduce((all, { bytesLost }) => all + bytesLost, 0);
  const story = `${what} · jumps ${JSON.stringify(jumps)} · notices ${JSON.stringify(client.notices.map(({ notice, at }) => [notice.kind, at, "ambiguous" in notice && notice.ambiguous]))}`;
  expect({ garbage, reordered, redraws: client.redraws }, story).toEqual({
    garbage: 0,
    reordered: 0,
    redraws: 0,
  });
  const input = judgeInput(shell.logged);
  const reported = backs.reduce(
    (all, { inDoubt = 0, heldDiscarded = 0 }) => all + inDoubt + heldDiscarded,
    0,
  );
  const unread = unreadKeys(shell.logged, typed);
  expect(unread, `keys that never arrived, of which ${reported} were reported, ${story}`).toBeLessThanOrEqual(
    reported,
  );
  expect({ ...input, received: 0 }, `input, ${what}`).toEqual({
    received: 0,
    doubled: 0,
    disordered: 0,
    torn: 0,
  });
  if (profile.exact) {
    expect({ lost, doubled }, story).toEqual({ lost: said, doubled: 0 });
    if (profile.knobs["replayBytes"] === undefined) expect(lost, story).toBe(0);
    expect(new Set(backs.map(({ verdict }) => verdict)), story).toEqual(
      new Set(backs.length === 0 ? [] : ["same"]),
    );
    // Whoever counts what it gets, and believes the notices, knows where it is: it can resume anywhere.
    expect(client.offset - begin, story).toBe(length! + END_BYTES);
    if (second !== undefined) expect(second.offset, `second client, ${story}`).toBe(client.offset);
  } else {
    // What a cut had swallowed, a later replay may bring after all, and with it what was seen since: that is said.
    const flagged = client.notice("replayed").some(({ ambiguous }) => ambiguous);
    if (!flagged) expect(doubled, `doubled, and nobody was told, ${story}`).toBe(0);
    expect(shell.withheld(), `lost of what arrived, ${story}`).toBe(0);
    expect(said, story).toBeLessThanOrEqual(lost);
    // Every place where the stream does not go on is one where the client was told that the link was lost.
    const told = client.notices.flatMap(({ notice, at }) => (notice.kind === "lost" ? [at] : []));
    for (const { at } of jumps) expect(told, `untold jump at ${at}, ${story}`).toContain(at);
    // ... and one of which it was told that output is lost, or may be.
    const maybe = client.notices.flatMap(({ notice, at }) =>
      (notice.kind === "replayed" && notice.missing !== undefined) ||
      (notice.kind === "back" && notice.bytesLost > 0)
        ? [at]
        : [],
    );
    for (const { at } of jumps) expect(maybe, `a gap at ${at} that was not said, ${story}`).toContain(at);
  }
  if (second !== undefined) {
    const own = second.oracle.judge();
    const ownSaid = second.notice("back").reduce((all, { bytesLost }) => all + bytesLost, 0);
    // It may have come during an outage: what is lost then is missing before its first byte.
    const before = (second.oracle.covered[0]?.from ?? 0) - (second.firstOffset - begin);
    if (profile.exact) expect(before + own.lost, `second client, ${story}`).toBe(ownSaid);
    const ends = jumps.slice(jumps.length - own.jumps.length).map(({ from, to }) => [from, to]);
    expect(
      own.jumps.map(({ from, to }) => [from, to]),
      `second client, ${story}`,
    ).toEqual(ends);
    const strange =
      own.garbage - own.jumps.filter(repeatsPrelude).reduce((all, jump) => all + jump.garbage, 0);
    expect([strange, own.length], `second client, ${story}`).toEqual([0, length]);
  }
}

function count(totals: Totals, shell: StreamShell, schedule: Schedule, typed: number): void {
  const { lost, doubled, length } = shell.client.oracle.judge();
  totals.schedules += 1;
  totals.faults += schedule.done.length;
  totals.reconnects += shell.proxy.connections.length - 1;
  totals.bytes += length ?? 0;
  totals.lost += lost;
  totals.said += shell.client.notice("back").reduce((all, { bytesLost }) => all + bytesLost, 0);
  totals.doubled += doubled;
  totals.typed += typed;
  totals.read += judgeInput(shell.logged).received;
}

function record(
  first: number,
  schedules: number,
  totals: ReadonlyMap<string, Totals>,
  durations: readonly number[],
): void {
  const number = (value: number) => value.toLocaleString("en-US");
  const lines = [...totals].map(([name, sum]) => {
    const all = `${number(sum.schedules)} schedules, ${number(sum.faults)} faults, ${number(sum.reconnects)} reconnects, ${number(sum.bytes)} bytes`;
    const result = `${number(sum.lost)} lost (${number(sum.said)} counted in the notice), ${number(sum.doubled)} doubled; keys read ${number(sum.read)} of ${number(sum.typed)}, none twice`;
    return [name, `${all}: ${result}`] as const;
  });
  if (process.env["AGENTD_SHOW"] !== undefined)
    console.log(lines.map((line) => line.join(": ")).join("\n"), percentilesText(durations));
  recordFigures({
    id: "20-fault-schedules",
    title: "Fault schedules between the daemon and a server",
    contract:
      "With a server that counts its output no byte is lost without being counted, and none is doubled; with the service's dialects every byte that reached the daemon reaches its clients, every gap was said, and so were the doubles.",
    method:
      "The built daemon on a real `agentd runtime serve`, through a proxy that cuts (RST, FIN, one side first, at a byte), freezes, delays, throttles, splits, joins, refuses or is silent, 1 to 6 times per schedule, while a program writes a position-coded stream and a client types numbered keys. The oracle knows every byte by its position; the program logs what it read.",
    command: "npm run figures",
    seeds: [first, first + schedules - 1],
    rows: [...lines, ["duration of a schedule p50 / p95 / p99", percentilesText(durations)]],
  });
}
