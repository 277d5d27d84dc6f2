import type { Bench, Figures } from "../bench.js";
import { somaxconn } from "./listen-queue.js";
import { measureReconnects } from "./reconnect.js";

const STREAMS = Number(process.env["BENCH_STREAMS"] ?? 10_000);

export const storm: Bench = {
  name: "storm",
  measures: `${STREAMS} sidecars that reconnect at once, to the same server and to one that was started again`,
  run: async () => ({ streams: STREAMS, ...(await reconnects()) }),
};

async function reconnects(): Promise<Figures> {
  const { firstSyncMs, cut, restart, rssMbPeak, rssMbPeakOfRestart } = await measureReconnects(STREAMS);
  console.log(`reconnect: ${JSON.stringify({ cut, restart })}`);
  return {
    resynced_ms: cut.resyncedMs,
    resources_resent: cut.resent + restart.resent,
    rss_mb_peak: Math.max(rssMbPeak, rssMbPeakOfRestart),
    served_ms: cut.servedMs,
    restart_resynced_ms: restart.resyncedMs,
    restart_served_ms: restart.servedMs,
    first_sync_ms: Math.round(firstSyncMs),
    connection_retries: cut.retries + restart.retries,
    listen_overflows: cut.listenOverflows + restart.listenOverflows,
    somaxconn: somaxconn(),
  };
}
