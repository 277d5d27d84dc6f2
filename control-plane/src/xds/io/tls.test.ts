import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { services } from "@fairlead/proto";
import { Cell, newMetrics } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { Authority, type Issued, type IssueOptions, RecordedLog } from "@fairlead/shared/testing";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newFleet } from "../../fleet/index.js";
import { type ResourceSets, type XdsServer, xdsServer } from "../library.js";
import { EDS, view } from "../testing/views.js";
import { WireClient } from "../testing/wire-client.js";

const SHOP = "spiffe://mesh/ns/web/sa/shop";
const DELTA = services.aggregated.DeltaAggregatedResources;
/** For what a file watcher or another handshake has to bring about: a busy machine takes its time. */
const PATIENCE = { timeout: 30_000 };

describe("the xDS server over TLS", () => {
  const authority = new Authority();
  const stranger = new Authority("another authority");
  let folder: string;
  let sets: Cell<ResourceSets>;
  let log: RecordedLog;
  let metrics: ReturnType<typeof newMetrics>;
  let fleet: ReturnType<typeof newFleet>;
  let server: XdsServer;
  let port: number;
  const clients: WireClient[] = [];

  const path = (name: string) => join(folder, name);
  const put = (issued: Issued) => {
    writeFileSync(path("key.pem"), issued.key);
    writeFileSync(path("cert.pem"), issued.cert);
  };

  async function start(
    changed: { readonly clientCa?: string | undefined; readonly clients?: [{ identity: string; nodes: string[] }] } = {},
  ) {
    const { clientCa = path("clients.pem"), ...more } = changed;
    const tls = {
      cert: path("cert.pem"),
      key: path("key.pem"),
      ...("clientCa" in changed && changed.clientCa === undefined ? {} : { clientCa }),
    };
    log = new RecordedLog();
    metrics = newMetrics();
    fleet = newFleet({ clock: systemClock, metrics, log: new RecordedLog(), knows: () => true });
    const { clients: rules } = more;
    const given = { ...tls, ...(rules === undefined ? {} : { clients: rules }) };
    server = xdsServer({ viewOf: () => sets, observer: fleet.observer, loads: fleet.loadObserver, log, metrics, tls: given });
    const listening = await server.listen({ host: "127.0.0.1", port: 0 });
    if (listening.ok) port = listening.value.port;
    return listening;
  }

  function client(shown: Issued | undefined, ca = authority.pem): WireClient {
    const own: ChannelCredentials = shown
      ? credentials.createSsl(Buffer.from(ca), Buffer.from(shown.key), Buffer.from(shown.cert))
      : credentials.createSsl(Buffer.from(ca));
    const made = new WireClient(port, own, { "grpc.ssl_target_name_override": "cp.internal", "grpc.use_local_subchannel_pool": 1 });
    clients.push(made);
    return made;
  }

  function ask(from: WireClient, nodeId: string) {
    const stream = from.open(DELTA);
    stream.write({ node: { id: nodeId }, type_url: EDS, resource_names_subscribe: ["a"] });
    return stream;
  }

  const shop = (options: IssueOptions = {}) => authority.issue("shop", { names: [{ uri: SHOP }], ...options });
  const counted = async (sample: string) => {
    const line = (await metrics.expose()).split("\n").find((one) => one.startsWith(`fairlead_${sample} `));
    return Number(line?.split(" ").at(-1));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "xds-tls-"));
    sets = new Cell(view({ eds: { a: "1" } }));
    put(authority.issue("cp", { names: [{ dns: "cp.internal" }] }));
    writeFileSync(path("clients.pem"), authority.pem);
  });

  afterEach(async () => {
    for (const one of clients.splice(0)) one.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test("a client called after its certificate is served, and known by its name", async () => {
    await start();
    const response = await ask(client(shop()), "shop-1").next();
    expect(response.resources).toHaveLength(1);
    expect(fleet.nodes).toMatchObject([{ nodeId: "shop-1", identity: SHOP }]);
  });

  test("one that claims another node id is refused with the reason, and counted", async () => {
    await start();
    const { code, details } = await ask(client(shop()), "cart-1").status;
    expect({ code, details }).toEqual({ code: 7, details: expect.stringContaining(`${SHOP} may not claim node id "cart-1"`) });
    expect(fleet.nodes).toEqual([]);
    expect(await counted('xds_tls_refused_total{reason="other-node"}')).toBe(1);
  });

  test("load reports, client status and reflection ask for the same proof, health for none", async () => {
    await start();
    const { loadReporting, clientStatus, reflection, health } = services;
    const stranger = client(undefined);
    const opened = [stranger.open(loadReporting.StreamLoadStats), stranger.open(clientStatus.StreamClientStatus)];
    for (const { status } of [...opened, stranger.open(reflection.ServerReflectionInfo)]) expect((await status).code).toBe(16);
    expect(await client(undefined).ask(health.Check, { service: "" })).toMatchObject({ status: "SERVING" });
    const other = client(shop()).open(loadReporting.StreamLoadStats);
    other.write({ node: { id: "cart-1" } });
    expect((await other.status).code).toBe(7);
  });

  test("rules say which node ids a name may claim", async () => {
    await start({ clients: [{ identity: "spiffe://mesh/ns/web/*", nodes: ["web-*"] }] });
    const own = client(shop());
    expect((await ask(own, "web-7").next()).resources).toHaveLength(1);
    expect((await ask(own, "shop-1").status).code).toBe(7);
  });

  test.each<[string, () => Issued | undefined, string, RegExp]>([
    ["without a certificate", () => undefined, "no-certificate", /asks its clients for a certificate/],
    ["of another authority", () => stranger.issue("shop"), "untrusted", /no authority in xds\.tls\.clientCa has signed it/],
    ["whose certificate has expired", () => authority.issue("shop", { expired: true }), "expired", /expired on 2020-01-02/],
    ["whose certificate names nobody", () => authority.issue("", { names: [] }), "no-name", /names nobody/],
  ])("a client %s is told so, counted, and its connection ended", async (_, issue, reason, words) => {
    await start();
    const { code, details } = await ask(client(issue()), "shop-1").status;
    expect({ code, details }).toEqual({ code: 16, details: expect.stringMatching(words) });
    expect(await counted(`xds_tls_refused_total{reason="${reason}"}`)).toBe(1);
    expect(fleet.nodes).toEqual([]);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: "warn", event: "xds-client-refused" }));
  });

  test("a certificate that ends while its connection is open opens no more streams on it", async () => {
    await start();
    const own = client(shop({ endsAtMs: Date.now() + 4_000 }));
    const first = ask(own, "shop-1");
    await first.next();
    await vi.waitFor(
      async () => {
        const again = ask(own, "shop-1");
        const ended = await Promise.race([again.status, again.next().then(() => undefined)]);
        again.cancel();
        expect(ended).toMatchObject({ code: 16, details: expect.stringContaining("expired on") });
      },
      { ...PATIENCE, interval: 200 },
    );
  });

  test("without clientCa nobody is asked, and a client is whom it says it is", async () => {
    await start({ clientCa: undefined });
    expect((await ask(client(undefined), "anybody").next()).resources).toHaveLength(1);
    expect(fleet.nodes).toMatchObject([{ nodeId: "anybody", identity: undefined }]);
  });

  test("plain connections, old protocols and what is not HTTP/2 end in the handshake and are counted", async () => {
    await start({ clientCa: undefined });
    const plain = connect(port, "127.0.0.1").on("error", () => undefined);
    plain.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await once(plain, "close");
    for (const options of [
      { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" },
      { ALPNProtocols: ["http/1.1"] },
    ] as const) {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
      await once(socket, "error");
    }
    await vi.waitFor(async () => expect(await counted('xds_tls_refused_total{reason="handshake"}')).toBe(3), PATIENCE);
  });

  test("a renewed certificate meets new connections, and streams that are up stay", async () => {
    await start();
    const before = server.tls.value;
    const stream = ask(client(shop()), "shop-1");
    const { nonce } = await stream.next();
    stream.write({ type_url: EDS, response_nonce: nonce });
    const later = new Authority("next authority");
    put(later.issue("cp", { names: [{ dns: "cp.internal" }], endsAtMs: Date.now() + 3_600_000 }));
    await vi.waitFor(() => expect(server.tls.value?.endsAtMs).not.toBe(before?.endsAtMs), PATIENCE);
    expect((await ask(client(shop(), later.pem), "shop-2").next()).resources).toHaveLength(1);
    expect((await ask(client(shop()), "shop-3").status).code).toBe(14);
    sets.set(view({ eds: { a: "2" } }));
    expect((await stream.next()).resources).toMatchObject([{ version: "2" }]);
    expect(await counted("xds_certificate_days_left")).toBeCloseTo(1 / 24, 2);
  });

  test("a bad new file leaves the old one in force, is told once and counted, until a good one comes", async () => {
    await start();
    const ended = authority.issue("cp", { names: [{ dns: "cp.internal" }], expired: true });
    for (const [round, write, because] of [
      [1, () => writeFileSync(path("cert.pem"), "nonsense"), /cert\.pem: there is no certificate in it/],
      [2, () => writeFileSync(path("cert.pem"), authority.issue("cp").cert), /key\.pem: it is not the key of the certificate/],
      [3, () => put(ended), /it ended on 2020-01-02/],
      [4, () => writeFileSync(path("clients.pem"), ""), /clients\.pem: there is no certificate in it/],
    ] as const) {
      write();
      if (round === 4) put(authority.issue("cp"));
      await vi.waitFor(() => expect(server.tls.value?.refused?.because).toMatch(because), PATIENCE);
    }
    expect((await ask(client(shop()), "shop-1").next()).resources).toHaveLength(1);
    expect(await counted("xds_tls_files_refused_total")).toBeGreaterThanOrEqual(4);
    expect(log.lines.filter(({ event }) => event === "xds-certificate-refused")).toHaveLength(1);
    writeFileSync(path("clients.pem"), authority.pem);
    put(authority.issue("cp", { names: [{ dns: "cp.internal" }] }));
    await vi.waitFor(() => expect(server.tls.value?.refused).toBeUndefined(), PATIENCE);
  });

  test("where an authority is taken out, connections of before open no more streams; where one is added they do", async () => {
    await start();
    const own = client(shop());
    await ask(own, "shop-1").next();
    const loaded = () => log.lines.filter(({ event }) => event === "xds-certificate-renewed").length;
    writeFileSync(path("clients.pem"), authority.pem + stranger.pem);
    await vi.waitFor(() => expect(loaded()).toBe(1), PATIENCE);
    await ask(own, "shop-1").next();
    writeFileSync(path("clients.pem"), stranger.pem);
    await vi.waitFor(() => expect(loaded()).toBe(2), PATIENCE);
    expect(await ask(own, "shop-1").status).toMatchObject({ code: 16, details: expect.stringContaining("an authority was taken out") });
  });

  test("files that cannot be used at the start are said instead of listened with", async () => {
    writeFileSync(path("key.pem"), "nonsense");
    expect(await start()).toEqual({ ok: false, error: expect.stringMatching(/key\.pem: there is no private key in it/) });
    rmSync(path("cert.pem"));
    expect(await start()).toEqual({ ok: false, error: expect.stringMatching(/cert\.pem: cannot be read: ENOENT/) });
  });
});
