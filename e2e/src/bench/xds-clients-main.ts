// The fleet of the fan-out benches: as many raw streams as it is told, each on a connection of its own.
import { RESOURCE_TYPES } from "@fairlead/proto";
import type { FleetOrder, FleetReport } from "./fanout/fleet-protocol.js";
import { RawStream } from "./fanout/raw-stream.js";

const report = (message: FleetReport) => process.send?.(message);
let open: RawStream[] = [];

function connect({ port, streams, clusters, held }: Extract<FleetOrder, { kind: "connect" }>): void {
  const names = Array.from({ length: clusters }, (_, index) => `c${index}`);
  const startMs = performance.now();
  let synced = 0;
  open = Array.from({ length: streams }, (_, index) => {
    let isFirst = true;
    return new RawStream({
      port,
      localAddress: `127.0.${1 + (index >> 13)}.1`,
      node: `node-${index}`,
      typeUrl: RESOURCE_TYPES.assignment,
      subscribe: names,
      held,
      onResponse: () => {
        if (!isFirst) return;
        isFirst = false;
        synced += 1;
        if (synced === streams) report({ kind: "synced", tookMs: performance.now() - startMs, resources: synced });
      },
      onClosed: () => {},
    });
  });
}

process.on("message", (message) => {
  const order = message as FleetOrder;
  if (order.kind === "connect") return connect(order);
  for (const stream of open) stream.end();
  open = [];
  return report({ kind: "disconnected" });
});
