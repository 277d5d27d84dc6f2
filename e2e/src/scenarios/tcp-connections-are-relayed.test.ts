import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Sidecar, startControlPlane, startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

/** Says back what it hears, behind its name. */
async function startEcho(name: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => socket.write(`${name}:${bytes.toString("latin1")}`, "latin1"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function openTo(port: number) {
  const socket = connect({ port, host: "127.0.0.1" });
  const client = { socket, heard: "", closed: false, failed: false };
  socket.setEncoding("latin1").on("data", (text: string) => (client.heard += text));
  socket.on("error", () => (client.failed = true)).on("close", () => (client.closed = true));
  onTestFinished(() => void socket.destroy());
  return client;
}

/** Opens connections until one is at this backend. */
async function openAt(port: number, name: string) {
  return until(`a connection to ${name}`, async () => {
    const client = openTo(port);
    client.socket.write("hi");
    await until("an echo", () => client.heard !== "" || client.closed);
    if (client.heard === `${name}:hi`) return client;
    client.socket.destroy();
    return undefined;
  });
}

/** A sidecar from which connections leave within this time. */
async function sidecarWith(xdsAddress: string, id: string, leave: string): Promise<{ plane: Sidecar; port: number }> {
  const port = await freePort();
  const plane = await startSidecar({
    node: { id, cluster: "web" },
    controlPlane: { addresses: [xdsAddress] },
    upstreams: [{ service: "echo", listen: `127.0.0.1:${port}` }],
    drain: { leave },
    accessLog: "all",
  });
  return { plane, port };
}

test("TCP connections are relayed, leave an endpoint that is removed by the deadline, or at once when an operator says so", async () => {
  const one = await startEcho("one");
  const two = await startEcho("two");
  const list = join(temporaryFolder("lists"), "services.yaml");
  const listOf = (...addresses: string[]) => JSON.stringify({ services: { echo: addresses.map((address) => ({ address })) } });
  writeFileSync(list, listOf(one, two));
  const controlPlane = await startControlPlane({
    sources: [{ name: "lists", type: "file", path: list }],
    defaults: { safety: "off", check: { type: "tcp", interval: "1s", timeout: "1s", rise: 1, fall: 3 } },
    services: { echo: { protocol: "tcp" } },
  });
  const quick = await sidecarWith(controlPlane.xdsAddress, "web-1", "2s");
  const patient = await sidecarWith(controlPlane.xdsAddress, "web-2", "1h");
  const ofQuick = await openAt(quick.port, "one");
  const ofPatient = await openAt(patient.port, "one");
  const staying = await openAt(quick.port, "two");

  writeFileSync(list, listOf(two));
  await until("the connection to leave by the deadline", () => ofQuick.closed, { timeoutMs: 40_000 });
  expect(ofQuick.failed).toBe(false);
  await untilEqual("the log's line of the connection that left", () => linesOf(quick.plane, "stream-moved"), [
    { service: "echo", endpoint: one, tries: 1, bytesIn: 2, bytesOut: 6, peer: "127.0.0.1" },
  ]);
  await untilEqual("who stays there yet", () => leavingOf(patient.plane), [{ id: one, because: "removed", connections: 1 }]);
  ofPatient.socket.write("still");
  await until("an echo of the removed endpoint", () => ofPatient.heard.endsWith("one:still"));
  const { status } = await fetch(`http://127.0.0.1:${patient.plane.adminPort}/leave/echo`, { method: "POST" });
  expect(status).toBe(200);
  await until("the connection to leave at the operator's word", () => ofPatient.closed, { timeoutMs: 40_000 });
  await untilEqual("nobody to be left there", () => leavingOf(patient.plane), []);

  staying.socket.write("more");
  await until("an echo of who stays", () => staying.heard.endsWith("two:more"));
  expect(await quick.plane.metric('fairlead_moved_connections_total{cluster="echo"}')).toBe(1);
  expect(await quick.plane.metric('fairlead_tcp_connections_total{cluster="echo",end="sent-away"}')).toBe(1);
  await openAt(quick.port, "two");
});

/** What the access log has of connections that ended so, but for times. */
function linesOf(plane: Sidecar, why: string): readonly object[] {
  const lines = plane
    .process()
    .lines()
    .filter((line) => line.includes('"event":"connection"'));
  const entries = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return entries.flatMap(({ time: _time, event: _event, tookMs: _tookMs, reason, ...rest }) => (reason === why ? [rest] : []));
}

interface Leaving {
  readonly id: string;
  readonly because: string;
  readonly connections: number;
}

async function leavingOf(plane: Sidecar): Promise<readonly Leaving[]> {
  const { clusters } = await plane.api<{ clusters: readonly { leaving?: readonly Leaving[] }[] }>("/clusters");
  return (clusters[0]?.leaving ?? []).map(({ id, because, connections }) => ({ id, because, connections }));
}
