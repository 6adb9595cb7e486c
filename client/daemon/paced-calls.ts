// Many calls over one connection, as many at once and as fast as the daemon takes them (docs/protocol.md).

/** The daemon takes 64 at once ... */
const MAX_AT_ONCE = 60;
/** ... and 200 in a second, of which the greeting and what a call asks besides are some. */
const MAX_PER_SECOND = 150;

interface NamedCall<T> {
  readonly name: string;
  call(): Promise<T>;
}

interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  pause(ms: number): Promise<void>;
}

const systemClock: Clock = {
  now: () => performance.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export interface Pace {
  /** How many requests one call makes. */
  readonly requests?: number;
  readonly clock?: Clock;
}

/** Starts the calls, in order; each answer is there to be awaited, in order too, whatever became of the others. */
export function startPaced<T>(
  calls: readonly NamedCall<T>[],
  { requests = 1, clock = systemClock }: Pace = {},
): readonly { readonly name: string; readonly answer: Promise<T> }[] {
  const atOnce = Math.floor(MAX_AT_ONCE / requests);
  const perSecond = MAX_PER_SECOND / requests;
  const began = clock.now();
  const ended: Promise<unknown>[] = [];
  return calls.map(({ name, call }, index) => {
    const start = async () => {
      await ended[index - atOnce];
      const dueMs = began + ((index - perSecond) * 1000) / perSecond;
      const waitMs = dueMs - clock.now();
      if (waitMs > 0) await clock.pause(waitMs);
      return call();
    };
    const answer = start();
    ended.push(answer.catch(() => {}));
    return { name, answer };
  });
}
