// The fleet of the xDS benches: as many raw streams as it is told, each on a connection of its own.
import { RawFleet } from "./fanout/fleet.js";
import type { FleetOrder, FleetReport } from "./fanout/fleet-protocol.js";

const report = (message: FleetReport) => process.send?.(message);
let fleet: RawFleet | undefined;

function obey(order: FleetOrder): void {
  if (order.kind === "connect") {
    fleet = new RawFleet(order, report);
    fleet.connect();
  } else if (order.kind === "reconnect") {
    fleet?.reconnect();
  } else if (order.kind === "expect") {
    fleet?.expect(order.typeUrl);
    report({ kind: "expecting" });
  } else if (order.kind === "count") {
    report({ kind: "counted", ...(fleet?.counts ?? { received: 0, resent: 0, retries: 0 }) });
  } else {
    fleet?.end();
    report({ kind: "disconnected" });
  }
}

process.on("message", (message) => obey(message as FleetOrder));
