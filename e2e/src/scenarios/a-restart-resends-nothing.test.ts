import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { RESOURCE_TYPES } from "@fairlead/proto";
import { expect, onTestFinished, test } from "vitest";
import { RawFleet } from "../bench/fanout/fleet.js";
import type { FleetReport } from "../bench/fanout/fleet-protocol.js";
import { somaxconn } from "../bench/storm/listen-queue.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

const TYPES = [RESOURCE_TYPES.cluster, RESOURCE_TYPES.assignment, RESOURCE_TYPES.routeConfiguration];
/** More than Node's own backlog of 511 holds. */
const SIDECARS = 600;
/** Whatever else the machine has to do meanwhile. */
const PATIENT = { timeoutMs: 50_000 };

function listOf(weight: number): string {
  const shop = Array.from({ length: 5 }, (_, index) => ({ address: `127.0.0.1:${9_001 + index}`, weight: index === 0 ? weight : 100 }));
  return JSON.stringify({ services: { shop, cart: [{ address: "127.0.0.1:9100" }] } });
}

async function stage(): Promise<{ readonly list: string; readonly controlPlane: ControlPlane }> {
  const list = join(temporaryFolder("lists"), "services.yaml");
  writeFileSync(list, listOf(100));
  const sources = [{ name: "lists", type: "file", path: list }];
  return { list, controlPlane: await startControlPlane({ sources, defaults: { check: "none" } }) };
}

function fleetOf({ xdsPort }: ControlPlane) {
  const reports: FleetReport[] = [];
  const names = ["shop", "cart"];
  const fleet = new RawFleet({ kind: "connect", port: xdsPort, streams: SIDECARS, types: TYPES, names }, (report) => reports.push(report));
  onTestFinished(() => fleet.end());
  const reported = (kind: FleetReport["kind"]) =>
    until(`the fleet to report ${kind}`, () => reports.find((each) => each.kind === kind), PATIENT);
  return { fleet, reported };
}

test(`${SIDECARS} sidecars that come back at once after a restart are sent nothing they have, and hear of the next change`, async () => {
  const { list, controlPlane } = await stage();
  const { fleet, reported } = fleetOf(controlPlane);
  fleet.connect();
  await reported("synced");
  expect(fleet.counts).toMatchObject({ received: SIDECARS * TYPES.length * 2, resent: 0 });
  await controlPlane.restart();
  // Busy with something else while they come: they wait in the queue of its socket.
  await controlPlane.suspend();
  fleet.reconnect();
  await untilEqual("everybody's connection to be taken by the kernel", () => fleet.connected, SIDECARS, PATIENT);
  controlPlane.resume();
  await reported("served");
  fleet.expect(RESOURCE_TYPES.assignment);
  writeFileSync(list, listOf(50));
  await reported("received");
  expect(fleet.counts).toMatchObject({ received: SIDECARS, resent: 0 });
}, 120_000);

test("a connection waits in the queue of the socket while the control plane is busy, as far as the kernel has room", async () => {
  const { controlPlane } = await stage();
  const count = Math.min(1_500, somaxconn());
  await controlPlane.suspend();
  let connected = 0;
  const sockets = Array.from({ length: count }, () =>
    connect({ host: "127.0.0.1", port: controlPlane.xdsPort }, () => {
      connected += 1;
    }).on("error", () => undefined),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await untilEqual("connections to be taken by the kernel", () => connected, count, PATIENT);
  controlPlane.resume();
  await controlPlane.api("/healthz");
}, 120_000);
