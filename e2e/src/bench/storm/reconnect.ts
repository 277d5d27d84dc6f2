import { RESOURCE_TYPES } from "@fairlead/proto";
import type { FleetReport, ServerReport } from "../fanout/fleet-protocol.js";
import { type PinnedScript, startPinnedScript } from "../fanout/pinned-script.js";
import { cpuMicrosOf, peakRssMbOf } from "../process-usage.js";
import { listenQueue } from "./listen-queue.js";

const ENDPOINTS = 100;
/** Of the first endpoint, before the only change of a storm, which adds one. */
const WEIGHT = 100;

export interface StormFigures {
  /** Until everybody is served: the server has read what it asks for and has, and its headers have arrived. */
  readonly servedMs: number;
  /** Until everybody has acknowledged the change made when the last one was served: nobody was forgotten. */
  readonly resyncedMs: number;
  /** Resources that a client was sent in the version it had. */
  readonly resent: number;
  /** The clients' own part: until the last connection of theirs was asked for. */
  readonly connectMs: number;
  readonly retries: number;
  readonly listenOverflows: number;
  readonly cpuMsOfServer: number;
}

type Server = PinnedScript<ServerReport>;
type Fleet = PinnedScript<FleetReport>;

/**
 * A fleet that has everything loses all its connections at once and comes back at once, each client with the versions it has; then the
 * server is killed and another one started with the same content, and everybody comes back to that.
 */
export async function measureReconnects(streams: number) {
  const first = startServer(0, WEIGHT);
  const fleet = startPinnedScript<FleetReport>("xds-clients-main.js", 1, []);
  const { port } = await first.next("listening");
  fleet.send({ kind: "connect", port, streams, types: [RESOURCE_TYPES.assignment], names: ["c0"] });
  const { tookMs: firstSyncMs } = await fleet.next("synced");
  const cut = await storm(first, fleet, streams);
  const rssMbPeak = peakRssMbOf(first.pid);
  await first.end();
  const second = startServer(port, WEIGHT + 1);
  await second.next("listening");
  const restart = await storm(second, fleet, streams);
  const rssMbPeakOfRestart = peakRssMbOf(second.pid);
  fleet.send({ kind: "disconnect" });
  await Promise.all([fleet.end(), second.end()]);
  return { firstSyncMs, cut, restart, rssMbPeak, rssMbPeakOfRestart };
}

function startServer(port: number, weight: number): Server {
  return startPinnedScript<ServerReport>("xds-server-main.js", 0, ["1", String(ENDPOINTS), String(port), String(weight)]);
}

async function storm(server: Server, fleet: Fleet, streams: number): Promise<StormFigures> {
  const queueBefore = listenQueue();
  const cpuBefore = cpuMicrosOf(server.pid);
  fleet.send({ kind: "reconnect" });
  const { cutAtMs, connectedAtMs, atMs: servedAtMs } = await fleet.next("served");
  const cpuMicros = cpuMicrosOf(server.pid) - cpuBefore;
  // Before the change: what comes by then was had already, or should have been.
  fleet.send({ kind: "count" });
  const { resent, received, retries } = await fleet.next("counted");
  if (received !== resent) throw new Error(`${received - resent} resources came in another version although nothing had changed`);
  server.send({ kind: "push", rounds: 1, streams });
  const { atMs: ackedAtMs } = await server.next("pushed");
  fleet.send({ kind: "count" });
  const counted = await fleet.next("counted");
  return {
    servedMs: Math.round(servedAtMs - cutAtMs),
    resyncedMs: Math.round(ackedAtMs - cutAtMs),
    resent: counted.resent,
    connectMs: Math.round(connectedAtMs - cutAtMs),
    retries,
    listenOverflows: listenQueue().overflows - queueBefore.overflows,
    cpuMsOfServer: Math.round(cpuMicros / 1_000),
  };
}
