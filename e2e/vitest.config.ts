import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/**
 * The end-to-end ring: built planes as processes, real servers, real time. One file at a time, because each scenario
 * promises something about time and the machine may have two cores. No retries: a scenario that fails now and then has
 * found something.
 */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    include: ["src/scenarios/**/*.test.ts", "src/interop/**/*.test.ts", "src/harness/**/*.test.ts", "run-tests/*.test.mjs"],
    setupFiles: ["src/harness/vitest-setup.ts"],
    pool: "forks",
    fileParallelism: false,
    retry: 0,
    // Every wait inside a test has its own limit and says what it waited for; these only end what hangs.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
  },
});
