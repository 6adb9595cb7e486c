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

/** Starts the calls, in order; each answer is there to be awaited, in order too, whatever became of the others. */
export function startPaced<T>(
  calls: readonly NamedCall<T>[],
  clock = systemClock,
): readonly { readonly name: string; readonly answer: Promise<T> }[] {
  const began = clock.now();
  const ended: Promise<unknown>[] = [];
  return calls.map(({ name, call }, index) => {
    const start = async () => {
      await ended[index - MAX_AT_ONCE];
      const dueMs = began + ((index - MAX_PER_SECOND) * 1000) / MAX_PER_SECOND;
      const waitMs = dueMs - clock.now();
      if (waitMs > 0) await clock.pause(waitMs);
      return call();
    };
    const answer = start();
    ended.push(answer.catch(() => {}));
    return { name, answer };
  });
}
