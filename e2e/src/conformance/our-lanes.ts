import { startControlPlane, startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { RecordingOrigin } from "./recording-origin.js";
import type { Lane } from "./through.js";

export async function originLanes(count: number): Promise<readonly Lane[]> {
  const lanes: Lane[] = [];
  while (lanes.length < count) lanes.push({ port: await freePort(), origin: await RecordingOrigin.start() });
  return lanes;
}

/** The sidecar as it is built, with a service for each lane. */
export async function ourLanes(count: number): Promise<readonly Lane[]> {
  const lanes = await originLanes(count);
  const services = Object.fromEntries(lanes.map(({ origin }, index) => [`lane-${index}`, [{ address: `127.0.0.1:${origin.port}` }]]));
  const controlPlane = await startControlPlane({ sources: [{ name: "fixed", type: "static", services }], defaults: { check: "none" } });
  const upstreams = lanes.map(({ port }, index) => ({ service: `lane-${index}`, listen: `127.0.0.1:${port}` }));
  await startSidecar({ controlPlane: { addresses: [controlPlane.xdsAddress] }, upstreams });
  return lanes;
}
