import { join } from "node:path";
import { repositoryTop } from "../../harness/paths.js";
import { startNode } from "../../harness/processes.js";
import { until } from "../../harness/until.js";

type Report = { readonly kind: "listening"; readonly port: number } | { readonly kind: "accepted"; readonly accepted: number };

/** Endpoints that answer every check, in a process of their own. */
export interface CheckTargets {
  readonly port: number;
  /** Connections so far. */
  accepted(): Promise<number>;
}

export async function startCheckTargets(): Promise<CheckTargets> {
  let port: number | undefined;
  let counted: number | undefined;
  const child = startNode(join(repositoryTop, "e2e/dist/bench/check-targets-main.js"), [], {
    name: "targets",
    // On the other core than the plane.
    within: ["taskset", "-c", "1"],
    onMessage: (message) => {
      const report = message as Report;
      if (report.kind === "listening") port = report.port;
      else counted = report.accepted;
    },
  });
  return {
    port: await until("the targets to listen", () => port),
    accepted: async () => {
      counted = undefined;
      child.send({});
      const { accepted } = await until("the count of connections", () => (counted === undefined ? undefined : { accepted: counted }), {
        everyMs: 1,
      });
      return accepted;
    },
  };
}
