import { RESOURCE_TYPES } from "@fairlead/proto";
import type { Bench, Figures } from "../bench.js";
import { percentile } from "../percentile.js";
import { contest } from "./contest.js";
import type { FleetReport, ServerReport } from "./fleet-protocol.js";
import { startPinnedScript } from "./pinned-script.js";

const STREAMS = Number(process.env["BENCH_STREAMS"] ?? 10_000);
const ENDPOINTS = 100;
const ROUNDS = 30;

/**
 * What one change costs the xDS server when 10,000 sidecars, each on its own connection, have the cluster: delta ADS, one
 * endpoint of 100 re-weighted, and the next change only when everybody has acknowledged. The server is alone on core 0 and decodes type,
 * nonce and error of every ACK; the clients write their frames by hand on core 1. `cpu_us_per_push` is CPU of the whole server process per push
 * and its ACK. `rss_kb_per_sidecar` is what its memory grew by from empty to all connected, after garbage collection.
 * Where Go is installed, go-control-plane does the same in turns with it; `ratio_to_…` is our pushes per core-second over its own.
 */
export const fanout: Bench = {
  name: "fanout",
  measures: `one change to ${STREAMS} connected sidecars: CPU per push and ACK, memory per sidecar`,
  run: async () => measure(),
};

async function measure(): Promise<Figures> {
  const server = startPinnedScript<ServerReport>("xds-server-main.js", 0, ["1", String(ENDPOINTS)]);
  const { port } = await server.next("listening");
  server.send({ kind: "measure" });
  const empty = await server.next("measured");
  await connectFleet(port);
  server.send({ kind: "push", rounds: 3 });
  await server.next("pushed");
  server.send({ kind: "measure" });
  const full = await server.next("measured");
  server.send({ kind: "push", rounds: ROUNDS });
  const { pushes, cpuMicros, tookMs, ackedMs } = await server.next("pushed");
  const ours = {
    streams: STREAMS,
    pushes_per_core_s: Math.round((pushes / cpuMicros) * 1e6),
    cpu_us_per_push: Math.round((cpuMicros / pushes) * 10) / 10,
    rss_kb_per_sidecar: Math.round(((full.rssBytes - empty.rssBytes) / STREAMS / 1_000) * 10) / 10,
    all_acked_p50_ms: percentile(ackedMs, 50),
    server_core_share: Math.round((cpuMicros / 1_000 / tookMs) * 100) / 100,
  };
  console.log(JSON.stringify(ours));
  return { ...ours, ...(await contest({ ours: server, streams: STREAMS, endpoints: ENDPOINTS, connectFleet })) };
}

/** Clients of their own for one server; resolves when everybody has the first response. */
async function connectFleet(port: number): Promise<{ end(): Promise<unknown> }> {
  const fleet = startPinnedScript<FleetReport>("xds-clients-main.js", 1, []);
  fleet.send({ kind: "connect", port, streams: STREAMS, types: [RESOURCE_TYPES.assignment], names: ["c0"] });
  await fleet.next("synced");
  return { end: () => fleet.end() };
}
