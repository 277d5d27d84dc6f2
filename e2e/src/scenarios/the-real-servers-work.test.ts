import { describe, expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { addressesIn, startDnsServer } from "../harness/dns-server.js";
import { socketAddress, startEnvoy } from "../harness/envoy.js";
import { startLoad } from "../harness/http-load.js";
import { httpRequest } from "../harness/http-request.js";
import { needs } from "../harness/not-run.js";
import { preparedServers } from "../harness/paths.js";
import { freePort } from "../harness/ports.js";
import { startNode } from "../harness/processes.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";
import { startZooKeeperEnsemble } from "../harness/zookeeper-ensemble.js";

describe("ZooKeeper", () => {
  test("a watch fires when another session creates a child", async () => {
    const server = await startZooKeeper();
    const watcher = await openZooKeeperSession(server.address);
    const writer = await openZooKeeperSession(server.address);
    await writer.mkdirp("/members/cart");
    const watch = await watcher.watchChildren("/members/cart");
    await writer.create("/members/cart/a", "10.0.0.1:8080", "ephemeral");
    expect((await watch.fired).getName()).toBe("NODE_CHILDREN_CHANGED");
    expect(await watcher.get("/members/cart/a")).toBe("10.0.0.1:8080");
    await writer.close();
    await untilEqual("the ephemeral to go with its session", () => watcher.children("/members/cart"), []);
  });

  test("an expired session loses its ephemerals while other sessions keep theirs", async () => {
    const server = await startZooKeeper();
    const lost = await openZooKeeperSession(server.address);
    const kept = await openZooKeeperSession(server.address);
    await lost.create("/lost", "", "ephemeral");
    await kept.create("/kept", "", "ephemeral");
    await until("both sessions to be listed", async () => {
      const sessions = await server.sessions();
      return sessions.includes(lost.id) && sessions.includes(kept.id);
    });
    await server.expire(lost.id);
    expect((await kept.children("/")).sort()).toEqual(["kept", "zookeeper"]);
  });

  test("data survives a kill and a restart on the same port", async () => {
    const server = await startZooKeeper();
    const before = await openZooKeeperSession(server.address);
    await before.create("/stays", "here");
    await server.stop("SIGKILL");
    await expect(server.ask("srvr")).rejects.toThrow(/ECONNREFUSED/);
    await server.start();
    const after = await openZooKeeperSession(server.address);
    expect(await after.get("/stays")).toBe("here");
  });

  test("a suspended server keeps connections open and answers after it is resumed", async () => {
    const server = await startZooKeeper();
    const session = await openZooKeeperSession(server.address, 20_000);
    await server.suspend();
    let answered = false;
    const answer = session.children("/").finally(() => {
      answered = true;
    });
    await expect(until("an answer", () => answered, { timeoutMs: 300 })).rejects.toThrow("waited 300 ms for an answer");
    server.resume();
    expect(await answer).toEqual(["zookeeper"]);
  });

  test("an ensemble of three goes on without its leader, and one alone does not serve until another is back", async () => {
    const ensemble = await startZooKeeperEnsemble();
    const leader = await ensemble.leader();
    const [one, other] = await ensemble.followers();
    if (one === undefined || other === undefined) throw new Error("three servers have two followers");
    const before = await openZooKeeperSession(leader.address);
    await before.create("/stays", "here");
    await leader.stop();
    await until("a new leader", async () => (await ensemble.leader()) !== leader);
    const survivor = await ensemble.leader();
    await (survivor === one ? other : one).stop();
    await until("the last one to stop serving", async () => (await survivor.ask("srvr")).includes("not currently serving"));
    await ensemble.startAll();
    const after = await openZooKeeperSession(survivor.address);
    expect(await after.get("/stays")).toBe("here");
  });
});

describe.each(["knot", "bind"] as const)("DNS from %s", (program) => {
  test("the server answers with a record set that was changed while it runs, with its TTL", async () => {
    const server = await startDnsServer({ program });
    await server.set("find", "A", ["10.0.0.1", "10.0.0.2"], 7);
    const first = await server.ask("find", "A");
    expect(addressesIn(first.answers)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(first.answers.map((answer) => ("ttl" in answer ? answer.ttl : undefined))).toEqual([7, 7]);
    await server.set("find", "A", ["10.0.0.3"]);
    expect(addressesIn((await server.ask("find", "A")).answers)).toEqual(["10.0.0.3"]);
    await server.set("find", "A", []);
    expect(await server.ask("find", "A")).toMatchObject({ code: "NXDOMAIN", answers: [] });
  });

  test("records survive a kill and a restart on the same port", async () => {
    const server = await startDnsServer({ program });
    await server.set("find", "A", ["10.0.0.1"]);
    await server.stop();
    await expect(server.ask("find", "A")).rejects.toThrow();
    await server.start();
    expect(addressesIn((await server.ask("find", "A")).answers)).toEqual(["10.0.0.1"]);
  });
});

describe("DNS with more records than a datagram holds", () => {
  const many = {
    name: "many",
    type: "A" as const,
    values: Array.from({ length: 300 }, (_, number) => `10.0.${number >> 8}.${number & 255}`),
  };

  test("knot leaves all of them out of a truncated answer, bind some", async () => {
    const knot = await startDnsServer({ program: "knot", sets: [many] });
    const bind = await startDnsServer({ program: "bind", sets: [many] });
    expect(await knot.ask("many", "A")).toMatchObject({ truncated: true, answers: [] });
    const partial = await bind.ask("many", "A");
    expect(partial.truncated).toBe(true);
    expect(partial.answers.length).toBeGreaterThan(0);
    expect(partial.answers.length).toBeLessThan(300);
  });
});

describe("backends and load", () => {
  test("each request is counted once by the load and once by the backend that answered it", async () => {
    const backend = await startBackend({ name: "a" });
    const load = startLoad({ port: backend.port, clients: 4, perSecond: 500 });
    await until("200 answers", () => load.report().ok >= 200);
    const report = await load.stop();
    expect(report).toMatchObject({ failed: 0, sent: report.ok, byBackend: { a: report.ok } });
    await untilEqual("the backend's count", () => backend.seen().byId.size, report.ok);
    expect(new Set(backend.seen().byId.values())).toEqual(new Set([1]));
  });

  test("a killed backend fails requests with their reason, and comes back on the same port", async () => {
    const backend = await startBackend({ name: "a" });
    const load = startLoad({ port: backend.port, clients: 2, perSecond: 200 });
    await until("an answer", () => load.report().ok > 0);
    await backend.kill();
    await until("a refused connection", () => load.report().failures.some((failure) => failure.reason.includes("ECONNREFUSED")));
    await startBackend({ name: "a2", port: backend.port });
    await until("an answer of the new one", () => (load.report().byBackend["a2"] ?? 0) > 0);
    expect(backend.seen().total).toBeGreaterThan(0);
  });

  test("a backend does as it is told", async () => {
    const backend = await startBackend({ name: "a" });
    const get = (path: string, timeoutMs = 5_000) => httpRequest({ port: backend.port, path, timeoutMs });
    expect((await get("/healthz")).status).toBe(200);
    await backend.setHealth("fail");
    expect((await get("/healthz")).status).toBe(503);
    await backend.behave({ kind: "status", status: 500 });
    expect((await get("/")).status).toBe(500);
    await backend.behave({ kind: "hang" });
    await expect(get("/", 200)).rejects.toThrow("no whole answer");
    await backend.behave({ kind: "reset" });
    await expect(get("/")).rejects.toThrow(/ECONNRESET|socket hang up/);
    await backend.behave({ kind: "answer", delayMs: 50 });
    expect((await get("/")).body).toBe("a\n");
    expect((await httpRequest({ port: backend.port, path: "/echo", method: "POST", body: "hello" })).body).toBe("hello");
    expect(backend.seen().total).toBe(5);
  });
});

test("Envoy starts from a static config, is ready and sends requests on", async (context) => {
  needs(context, preparedServers().envoy);
  const backend = await startBackend({ name: "a" });
  const port = await freePort();
  const envoy = await startEnvoy(staticBootstrap(port, backend.port));
  expect((await envoy.ask("/ready")).body).toContain("LIVE");
  expect((await httpRequest({ port, path: "/" })).headers["x-backend"]).toBe("a");
  await untilEqual("the request to be counted", () => envoy.stats("^cluster.backend.upstream_rq_200$"), {
    "cluster.backend.upstream_rq_200": 1,
  });
});

test("a child that outlives its SIGTERM is killed, and its output is kept", async () => {
  const script = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)";
  const child = startNode("-e", [script], { name: "stubborn" });
  await untilEqual("its first line", () => child.lines(), ["up"]);
  expect(await child.kill("SIGTERM", 200)).toEqual({ code: null, signal: "SIGKILL" });
  expect(child.output()).toBe("up\n");
});

test("the second Node runs a process", async (context) => {
  const { path, version } = needs(context, preparedServers().node24);
  const child = startNode("-p", ["process.version"], { nodePath: path });
  expect((await child.exited).code).toBe(0);
  expect(child.lines()).toEqual([version]);
});

function staticBootstrap(listenPort: number, backendPort: number): Readonly<Record<string, unknown>> {
  const type = (name: string): string => `type.googleapis.com/envoy.extensions.filters.${name}`;
  const manager = {
    "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "in",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "backend" } }] }] },
    http_filters: [{ name: "router", typed_config: { "@type": type("http.router.v3.Router") } }],
  };
  const endpoint = { endpoint: { address: socketAddress(backendPort) } };
  return {
    static_resources: {
      listeners: [
        { name: "in", address: socketAddress(listenPort), filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }] },
      ],
      clusters: [
        {
          name: "backend",
          type: "STATIC",
          load_assignment: { cluster_name: "backend", endpoints: [{ lb_endpoints: [endpoint] }] },
        },
      ],
    },
  };
}
