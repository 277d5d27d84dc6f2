import type { Bench, Figures } from "../bench.js";
import { percentile } from "../percentile.js";
import { measureBadClients } from "./bad-clients.js";
import { somaxconn } from "./listen-queue.js";
import { measureReconnects } from "./reconnect.js";
import { measureSourceToAck } from "./source-to-ack.js";

const STREAMS = Number(process.env["BENCH_STREAMS"] ?? 10_000);
/** Half of them: what is asked for is a change at 5,000 sidecars, and a storm of 10,000. */
const CHANGED_STREAMS = Math.ceil(STREAMS / 2);
/** The others, beside a bad client: a change is then 30 ms of work, in which a stall of 10 ms shows. */
const BESIDE_STREAMS = Math.ceil(STREAMS / 10);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 10);
const PARTS = (process.env["BENCH_PARTS"] ?? "reconnect,change,bad-clients").split(",");

/**
 * `resynced_ms`: from the first connection cut to the last ACK of a change that is made when the last of 10,000 delta clients is served
 * again. A client that lacks nothing is sent nothing: the server's headers say that its request was read (`served_ms`), and the change
 * shows that nobody was forgotten. `restart_`: the same after the server was killed and started again with the same content.
 * `resources_resent`: resources that came, on any stream, in the version it had said it has. `rss_mb_peak`: of the server, ever.
 * `listen_overflows`: connections for which the listening socket had no room; each waits for the client's next SYN, a second or more.
 * `acked_p99_ms`: one endpoint re-weighted or added, from its write to ZooKeeper to the ACKs of half as many sidecars, of the real control
 * plane (`acked_cpu_ms`: its CPU for one change). `bad_clients_p99_over_idle`: from a change to the ACKs of a tenth as many sidecars, with a bad client beside them over without
 * (`bad_clients_cpu_over_idle`: CPU of the server for the same).
 */
export const storm: Bench = {
  name: "storm",
  measures: `${STREAMS} sidecars that reconnect at once; a change from its source to their ACKs; bad clients beside them`,
  run: async () => ({
    streams: STREAMS,
    ...(PARTS.includes("change") ? await change() : {}),
    ...(PARTS.includes("bad-clients") ? await badClients() : {}),
    ...(PARTS.includes("reconnect") ? await reconnects() : {}),
  }),
};

async function reconnects(): Promise<Figures> {
  const { firstSyncMs, cut, restart, rssMbPeak, rssMbPeakOfRestart } = await measureReconnects(STREAMS);
  console.log(`reconnect: ${JSON.stringify({ cut, restart })}`);
  return {
    resynced_ms: cut.resyncedMs,
    resources_resent: cut.resent + restart.resent,
    rss_mb_peak: Math.max(rssMbPeak, rssMbPeakOfRestart),
    served_ms: cut.servedMs,
    served_server_cpu_ms: cut.cpuMsOfServer,
    restart_resynced_ms: restart.resyncedMs,
    restart_served_ms: restart.servedMs,
    restart_served_server_cpu_ms: restart.cpuMsOfServer,
    first_sync_ms: Math.round(firstSyncMs),
    connection_retries: cut.retries + restart.retries,
    listen_overflows: cut.listenOverflows + restart.listenOverflows,
    somaxconn: somaxconn(),
  };
}

async function change(): Promise<Figures> {
  const { tookMs, cpuMs } = await measureSourceToAck({ streams: CHANGED_STREAMS, rounds: ROUNDS });
  return {
    acked_streams: CHANGED_STREAMS,
    acked_p50_ms: percentile(tookMs, 50),
    acked_p99_ms: percentile(tookMs, 99),
    acked_cpu_ms: percentile(cpuMs, 50),
  };
}

async function badClients(): Promise<Figures> {
  const { p99, cpu } = await measureBadClients({ streams: BESIDE_STREAMS, rounds: ROUNDS });
  return { bad_clients_p99_over_idle: p99, bad_clients_cpu_over_idle: cpu };
}
