import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Each wait in a test has a limit of its own, and says what it waited for: this one is for all of them together.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Its own limit is one second, which a busy machine needs for a page alone.
    expect: { poll: { timeout: 15_000 } },
    // Real processes share this machine's few cores: few workers, so that nothing times out for lack of CPU.
    maxWorkers: 2,
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});
