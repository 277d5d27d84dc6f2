import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { httpRequest } from "../harness/http-request.js";
import { QUICK_CHECK, untilAllAnswer } from "../harness/mesh.js";
import { startControlPlane, startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until } from "../harness/until.js";

const SOCKETS = 100;
const WINDOW_MS = 20_000;
/** A Close frame with 1001, going away (RFC 6455 section 7.4.1), from a server: not masked. */
const CLOSE_1001 = "\x88\x02\x03\xe9";
const HANDSHAKE = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** A WebSocket as its client sees it: what came after the handshake, and when the other side ended it. */
interface WebSocketClient {
  readonly backend: string;
  readonly heard: string;
  readonly failed: boolean;
  /** By performance.now(); undefined while it is open. */
  readonly endedMs: number | undefined;
}

async function openWebSocket(port: number): Promise<WebSocketClient> {
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  let all = "";
  const state: { endedMs: number | undefined; failed: boolean } = { endedMs: undefined, failed: false };
  socket.setEncoding("latin1").on("data", (text: string) => (all += text));
  socket.on("error", () => (state.failed = true)).on("end", () => (state.endedMs = performance.now()));
  socket.write(HANDSHAKE);
  await until("the handshake", () => all.includes("\r\n\r\n"));
  const head = all.slice(0, all.indexOf("\r\n\r\n"));
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  return {
    backend: /^x-backend: (.*)$/im.exec(head)?.[1]?.trim() ?? "",
    get heard() {
      return all.slice(head.length + 4);
    },
    get failed() {
      return state.failed;
    },
    get endedMs() {
      return state.endedMs;
    },
  };
}

test("100 WebSockets leave a removed endpoint evenly over the time to leave, each told to go, and no request is lost meanwhile", async () => {
  const leaving = await startBackend({ name: "leaving" });
  const staying = await startBackend({ name: "staying" });
  const list = join(temporaryFolder("lists"), "services.yaml");
  const listOf = (...addresses: string[]) => JSON.stringify({ services: { shop: addresses.map((address) => ({ address })) } });
  writeFileSync(list, listOf(leaving.address));
  const controlPlane = await startControlPlane({
    sources: [{ name: "lists", type: "file", path: list }],
    defaults: { safety: "off", check: QUICK_CHECK },
  });
  const port = await freePort();
  const plane = await startSidecar({
    controlPlane: { addresses: [controlPlane.xdsAddress] },
    upstreams: [{ service: "shop", listen: `127.0.0.1:${port}` }],
    drain: { leave: `${WINDOW_MS}ms` },
  });
  const sidecar = { plane, ports: { shop: port }, get: (_service: string, path = "/") => httpRequest({ port, path }) };
  await untilAllAnswer(sidecar, "shop", ["leaving"]);
  const clients = await Promise.all(Array.from({ length: SOCKETS }, () => openWebSocket(port)));
  expect(clients.filter(({ backend }) => backend !== "leaving")).toEqual([]);
  writeFileSync(list, listOf(leaving.address, staying.address));
  await untilAllAnswer(sidecar, "shop", ["leaving", "staying"]);
  const load = startLoad({ port, perSecond: 50, clients: 4 });

  writeFileSync(list, listOf(staying.address));
  const left = () => clients.filter(({ endedMs }) => endedMs !== undefined).length;
  await until("the first WebSocket to be told to go", () => left() > 0, { timeoutMs: WINDOW_MS + 30_000 });
  const shown = await plane.api<LeavingBody>("/clusters");
  expect(shown.clusters[0]?.leaving).toMatchObject([{ id: leaving.address, because: "removed" }]);
  await until("every WebSocket to be told to go", () => left() === SOCKETS, { timeoutMs: WINDOW_MS + 30_000 });
  const { failed, failures, sent } = await load.stop();

  for (const { heard, failed: broke } of clients) expect([heard, broke]).toEqual([CLOSE_1001, false]);
  expect(await plane.metric('fairlead_moved_connections_total{cluster="shop"}')).toBe(SOCKETS);
  const ended = clients.map(({ endedMs }) => endedMs ?? 0).sort((a, b) => a - b);
  const [first = 0, last = 0] = [ended[0], ended.at(-1)];
  expect(last - first).toBeGreaterThan(WINDOW_MS / 2);
  // As many are gone as of the time: at once, in the end, or in two halves would be half of it away from that somewhere.
  const astray = ended.map((endedMs, index) => Math.abs((endedMs - first) / (last - first) - index / (SOCKETS - 1)));
  expect(Math.max(...astray)).toBeLessThan(0.25);
  expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
  expect(sent).toBeGreaterThan(SOCKETS);
  expect((await openWebSocket(port)).backend).toBe("staying");
});

interface LeavingBody {
  readonly clusters: readonly { readonly leaving?: readonly { readonly id: string; readonly because: string }[] }[];
}
