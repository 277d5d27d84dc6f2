import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The fast rings: unit tests, contract suites, simulation. They read sources, so nothing needs building first. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@fairlead\/shared\/testing$/, replacement: source("./shared/src/testing/index.ts") },
      { find: /^@fairlead\/shared\/io$/, replacement: source("./shared/src/io.ts") },
      { find: /^@fairlead\/(proto|shared)$/, replacement: `${source("./")}$1/src/index.ts` },
      { find: /^@fairlead\/(control-plane|sidecar)\/app$/, replacement: `${source("./")}$1/src/app.ts` },
      { find: /^@fairlead\/control-plane\/xds$/, replacement: source("./control-plane/src/xds/library.ts") },
      { find: /^@fairlead\/(control-plane|sidecar)\/(.+)$/, replacement: `${source("./")}$1/src/$2/index.ts` },
    ],
  },
  test: {
    include: ["{proto,shared,control-plane,sidecar,deploy}/src/**/*.test.ts", "e2e/src/{simulation,bench}/**/*.test.ts"],
    // For what hangs: the longest takes seconds, and a busy machine may be ten times slower.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
