import { join } from "node:path";
import { repositoryTop } from "../harness/paths.js";
import { startNode } from "../harness/processes.js";
import { until } from "../harness/until.js";
import type { HostsReport } from "./hosts-protocol.js";
import type { Death } from "./wipe/plan.js";

/** Hosts that answer everything with 200, in a process of their own. */
export interface Hosts {
  readonly ids: readonly string[];
  /** Resolves when it is so. */
  die(host: number, how: Death): Promise<void>;
  end(): Promise<void>;
}

export async function startHosts(count: number): Promise<Hosts> {
  const obeyed = new Set<number>();
  let ports: readonly number[] = [];
  const child = startNode(join(repositoryTop, "e2e/dist/bench/hosts-main.js"), [String(count)], {
    name: "hosts",
    onMessage: (message) => {
      const report = message as HostsReport;
      if (report.kind === "listening") ports = report.ports;
      else obeyed.add(report.host);
    },
  });
  await until("the hosts to listen", () => ports.length === count);
  return {
    ids: ports.map((port) => `127.0.0.1:${port}`),
    die: async (host, become) => {
      child.send({ host, become });
      await until(`host ${host} to be ${become}`, () => obeyed.has(host), { everyMs: 1 });
    },
    end: async () => void (await child.kill()),
  };
}
