import { join } from "node:path";
import { repositoryTop } from "../../harness/paths.js";
import { type Process, startProcess } from "../../harness/processes.js";
import { GiveUp, until } from "../../harness/until.js";
import type { Bench, Figures } from "../bench.js";
import { percentile } from "../percentile.js";
import type { FleetReport, ServerReport } from "./fleet-protocol.js";

const STREAMS = Number(process.env["BENCH_STREAMS"] ?? 10_000);
const ENDPOINTS = 100;
const ROUNDS = 30;

/**
 * What one change costs the xDS server when 10,000 sidecars, each on its own connection, have the cluster: delta ADS, one
 * endpoint of 100 re-weighted, and the next change only when everybody has acknowledged. The server is alone on core 0 and decodes type,
 * nonce and error of every ACK; the clients write their frames by hand on core 1. `cpu_us_per_push` is CPU of the whole server process per push
 * and its ACK. `rss_kb_per_sidecar` is what its memory grew by from empty to all connected, after garbage collection.
 */
export const fanout: Bench = {
  name: "fanout",
  measures: `one change to ${STREAMS} connected sidecars: CPU per push and ACK, memory per sidecar`,
  run: async () => measure(),
};

async function measure(): Promise<Figures> {
  const server = helper<ServerReport>("xds-server-main.js", 0, ["1", String(ENDPOINTS)]);
  const fleet = helper<FleetReport>("xds-clients-main.js", 1, []);
  const { port } = await server.next("listening");
  server.send({ kind: "measure" });
  const empty = await server.next("measured");
  fleet.send({ kind: "connect", port, streams: STREAMS, clusters: 1, held: {} });
  await fleet.next("synced");
  server.send({ kind: "push", rounds: 3 });
  await server.next("pushed");
  server.send({ kind: "measure" });
  const full = await server.next("measured");
  server.send({ kind: "push", rounds: ROUNDS });
  const { pushes, cpuMicros, tookMs, ackedMs } = await server.next("pushed");
  return {
    streams: STREAMS,
    pushes_per_core_s: Math.round((pushes / cpuMicros) * 1e6),
    cpu_us_per_push: Math.round((cpuMicros / pushes) * 10) / 10,
    rss_kb_per_sidecar: Math.round(((full.rssBytes - empty.rssBytes) / STREAMS / 1_000) * 10) / 10,
    all_acked_p50_ms: percentile(ackedMs, 50),
    server_core_share: Math.round((cpuMicros / 1_000 / tookMs) * 100) / 100,
  };
}

interface Helper<Report extends { readonly kind: string }> {
  send(order: object): void;
  next<Kind extends Report["kind"]>(kind: Kind): Promise<Extract<Report, { kind: Kind }>>;
}

/** A Node script of this bench, bound to one core. */
export function helper<Report extends { readonly kind: string }>(script: string, core: number, args: readonly string[]): Helper<Report> {
  const reports: Report[] = [];
  const child: Process = startProcess({
    name: script,
    command: "taskset",
    args: ["-c", String(core), process.execPath, "--expose-gc", join(repositoryTop, "e2e/dist/bench", script), ...args],
    onMessage: (message) => reports.push(message as Report),
  });
  return {
    send: (order) => child.send(order),
    next: <Kind extends Report["kind"]>(kind: Kind) =>
      until(
        `${script} to report "${kind}"`,
        () => {
          if (child.exit() !== undefined) throw new GiveUp(`${script} ended:\n${child.output()}`);
          const index = reports.findIndex((each) => each.kind === kind);
          return index < 0 ? undefined : (reports.splice(index, 1)[0] as Extract<Report, { kind: Kind }>);
        },
        { timeoutMs: 300_000 },
      ),
  };
}
