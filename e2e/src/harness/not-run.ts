import type { TestContext } from "vitest";
import type { Prepared } from "./paths.js";

declare module "vitest" {
  interface TaskMeta {
    /** Why the test did not run; the runner lists it by the test's name. */
    notRun?: string;
  }
}

/** Gives the prepared server, or ends the test here as not run, with the reason in the run's closing list. */
export function needs(context: TestContext, server: Prepared): Extract<Prepared, { ok: true }> {
  if (server.ok) return server;
  context.task.meta.notRun = server.reason;
  return context.skip(server.reason);
}
