import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Real processes share this machine's few cores: few workers, so that nothing times out for lack of CPU.
    maxWorkers: 2,
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});
