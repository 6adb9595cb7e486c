// What one simulated schedule consists of, drawn from its seed: how the service behaves, how long, and what goes wrong when.

/** When the service confirms an attachment; `never` is the dialect of August 2026. */
export type Confirmation = "before-replay" | "after-first-output" | "post-drain-too" | "never";

/** The replay ring that the service documents. */
const RING_BYTES = 256 * 1024;

export interface ServiceTraits {
  /** The server counts its output, and says so in the 101. */
  readonly exact: boolean;
  readonly confirmation: Confirmation;
  readonly confirmationDelayMs: number;
  /** The second confirmation of a connection says nothing about `reconnected`. */
  readonly secondIsBare: boolean;
  readonly saysDropped: boolean;
  readonly replay: "since-detach" | "last-bytes";
  readonly ringBytes: number;
  readonly replayChunkBytes: number;
  /** The 101 names the ids. */
  readonly namesIds: boolean;
  readonly ttlMs: number;
  readonly ttlEnd: "1008" | "close-frame-1008" | "1000" | "reset";
  readonly writeBufferBytes: number;
}

export interface Fault {
  readonly at: number;
  readonly kind: FaultKind;
}

export interface Schedule {
  readonly seed: number;
  readonly traits: ServiceTraits;
  readonly latencyMs: number;
  /** The endpoint is a custom one, which is asked for exact mode from the start. */
  readonly customEndpoint: boolean;
  readonly durationMs: number;
  readonly faults: readonly Fault[];
  readonly outputs: number;
  /** Most bytes that are printed at once. */
  readonly printBytes: number;
  readonly inputs: number;
}

/** Weight of each fault in the draw. */
const weights = {
  cut: 16,
  "ends without a close frame": 6,
  "half-open": 8,
  freeze: 8,
  close: 14,
  "plain 1000": 5,
  "lookup or connect fails": 8,
  refused: 12,
  "credentials expired": 4,
  "upgrade never answered": 2,
  "answer to the upgrade lost": 4,
  "cut during the upgrade": 4,
  "cut right after the upgrade": 6,
  flapping: 4,
  "shell could not be started": 3,
  "exit while away": 6,
  "machine recycled": 6,
  "wall clock jumps": 6,
  "process stopped": 6,
  "machine asleep": 3,
  taken: 4,
  noise: 8,
  "reading paused": 4,
  "somebody looks": 6,
  "slow start": 3,
  resize: 6,
  exit: 1,
  "not found": 0.3,
  kill: 0.7,
} as const;

export type FaultKind = keyof typeof weights;

export const faultKinds = Object.keys(weights) as FaultKind[];

/** After these there is nothing left to simulate. */
const LAST: ReadonlySet<FaultKind> = new Set<FaultKind>(["exit", "not found", "kill"]);

const totalWeight = faultKinds.reduce((sum, kind) => sum + weights[kind], 0);

export class Dice {
  readonly next: () => number;

  constructor(next: () => number) {
    this.next = next;
  }

  /** 0..below-1 */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Between `low` and `high`, each order of magnitude equally likely. */
  magnitude(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }
}

export function drawSchedule(seed: number, dice: Dice): Schedule {
  const exact = dice.chance(0.4);
  const durationMs = dice.magnitude(60_000, 3 * 3_600_000);
  // A service like the documented one costs a hundred times as much to simulate as one with a small ring.
  const isDocumented = dice.chance(0.01);
  const ringBytes = isDocumented ? RING_BYTES : Math.floor(dice.magnitude(128, 16 * 1024));
  const traits: ServiceTraits = {
    exact,
    confirmation: dice.pick([
      "before-replay",
      "before-replay",
      "after-first-output",
      "post-drain-too",
      "never",
    ]),
    confirmationDelayMs: dice.chance(0.7) ? 0 : dice.magnitude(1, 5_000),
    secondIsBare: dice.chance(0.5),
    saysDropped: dice.chance(0.8),
    replay: dice.pick(["since-detach", "last-bytes"]),
    ringBytes,
    // Small enough to cut anywhere, large enough that a replay is some dozens of frames.
    replayChunkBytes: Math.floor(dice.magnitude(Math.max(16, ringBytes / 30), 32 * 1024)),
    namesIds: dice.chance(0.8),
    ttlMs: dice.chance(0.8) ? 3_600_000 : dice.magnitude(20_000, 1_800_000),
    ttlEnd: dice.pick(["1008", "close-frame-1008", "1000", "reset"]),
    writeBufferBytes: Math.floor(dice.magnitude(1024, 64 * 1024)),
  };
  return {
    seed,
    traits,
    latencyMs: dice.magnitude(1, 300),
    customEndpoint: dice.chance(0.5),
    durationMs,
    faults: drawFaults(dice, durationMs),
    outputs: 10 + dice.int(40),
    printBytes: isDocumented ? 20_000 : 700,
    inputs: 5 + dice.int(20),
  };
}

function drawFaults(dice: Dice, durationMs: number): Fault[] {
  const count = Math.round(dice.magnitude(2, 30));
  const faults: Fault[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    // A third of them hits what the one before has left behind.
    at = n > 0 && dice.chance(0.35) ? at + dice.magnitude(1, 20_000) : dice.next() * durationMs;
    faults.push({ at, kind: drawKind(dice) });
  }
  faults.sort((a, b) => a.at - b.at);
  const last = faults.findIndex(({ kind }) => LAST.has(kind));
  return last === -1 ? faults : faults.slice(0, last + 1);
}

function drawKind(dice: Dice): FaultKind {
  let left = dice.next() * totalWeight;
  for (const kind of faultKinds) {
    left -= weights[kind];
    if (left < 0) return kind;
  }
  return "cut";
}
