import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeltaDiscoveryRequest__Output, DeltaDiscoveryResponse } from "@fairlead/proto";
import { services } from "@fairlead/proto";
import { type ClientTlsSettings, newMetrics, seeded } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { Authority, type IssueOptions, RecordedLog } from "@fairlead/shared/testing";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ClientProtocol } from "../client-protocol.js";
import { type AdsClient, startAdsClient } from "./ads-client.js";

describe("an ADS client over TLS", () => {
  const authority = new Authority();
  let folder: string;
  let server: Server | undefined;
  let client: AdsClient | undefined;
  /** Common names of the certificates that were shown to the server. */
  let shown: unknown[];

  const path = (name: string) => join(folder, name);
  const write = (name: string) => {
    const { cert, key } = authority.issue(name);
    writeFileSync(path("cert.pem"), cert);
    writeFileSync(path("key.pem"), key);
  };

  async function serve(options: IssueOptions | "plain" = {}): Promise<string> {
    server = new Server();
    const handle = (stream: ServerDuplexStream<DeltaDiscoveryRequest__Output, DeltaDiscoveryResponse>) => {
      shown.push(stream.getAuthContext().sslPeerCertificate?.subject.CN);
      stream.on("error", () => undefined);
      stream.on("data", () => undefined);
      // Headers, by which the client knows itself connected.
      stream.sendMetadata(stream.metadata);
    };
    server.addService(services.aggregated, { DeltaAggregatedResources: handle, StreamAggregatedResources: () => undefined });
    const secured = () => {
      const { cert, key } = authority.issue("cp", options === "plain" ? {} : options);
      return ServerCredentials.createSsl(
        Buffer.from(authority.pem),
        [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }],
        true,
      );
    };
    const bound = await new Promise<number>((resolve, reject) => {
      const own = options === "plain" ? ServerCredentials.createInsecure() : secured();
      server?.bindAsync("127.0.0.1:0", own, (error, port) => (error ? reject(error) : resolve(port)));
    });
    return `127.0.0.1:${bound}`;
  }

  function start(address: string, changed: Partial<ClientTlsSettings> = {}): AdsClient {
    const log = new RecordedLog();
    const clock = systemClock;
    const node = { id: "web-7", cluster: "web", zone: "a" };
    const metrics = newMetrics();
    const protocol = new ClientProtocol({ node, version: "0", upstreams: ["shop"], requestsTo: () => 0, clock, log, metrics });
    const tls = { ca: path("ca.pem"), cert: path("cert.pem"), key: path("key.pem"), ...changed };
    client = startAdsClient({ addresses: [address], tls, protocol, clock, rng: seeded(1), log });
    return client;
  }

  const connected = (one: AdsClient) => vi.waitFor(() => expect(one.connection.value.kind).toBe("connected"), { timeout: 30_000 });
  const lostBecause = (one: AdsClient, cause: RegExp) =>
    vi.waitFor(() => expect(one.connection.value).toMatchObject({ kind: "disconnected", cause: expect.stringMatching(cause) }), {
      timeout: 30_000,
    });

  beforeEach(() => {
    shown = [];
    folder = mkdtempSync(join(tmpdir(), "ads-tls-"));
    writeFileSync(path("ca.pem"), authority.pem);
    write("web-7");
  });

  afterEach(() => {
    void client?.close();
    server?.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  test("an address is checked against the certificate, and ours is shown; the next connection shows the one that is there then", async () => {
    const one = start(await serve());
    await connected(one);
    write("web-7-renewed");
    server?.forceShutdown();
    await vi.waitFor(() => expect(one.connection.value.kind).toBe("disconnected"), { timeout: 30_000 });
    void client?.close();
    await connected(start(await serve()));
    expect(shown).toEqual(["web-7", "web-7-renewed"]);
  });

  test("with serverName the certificate is checked for that name instead", async () => {
    await connected(start(await serve({ names: [{ dns: "cp.internal" }] }), { serverName: "cp.internal" }));
  });

  test.each<[string, IssueOptions | "plain", RegExp]>([
    ["that has expired", { expired: true }, /^the control plane's certificate has expired/],
    ["for another address", { names: [{ dns: "cp.internal" }] }, /^the control plane's certificate is for another name.*127\.0\.0\.1/],
    ["that is none: it does not speak TLS", "plain", /^the control plane does not speak TLS/],
  ])("a certificate %s is said to be that", async (_, options, cause) => {
    await lostBecause(start(await serve(options)), cause);
  });

  test("a certificate of nobody we believe is said to be that", async () => {
    writeFileSync(path("ca.pem"), new Authority("another authority").pem);
    await lostBecause(start(await serve()), /^no authority in controlPlane\.tls\.ca/);
  });

  test("files that cannot be used are said, and tried again: once they are right they count", async () => {
    rmSync(path("ca.pem"));
    const one = start(await serve());
    await lostBecause(one, /^the files of controlPlane\.tls cannot be used: ENOENT.*ca\.pem/);
    writeFileSync(path("ca.pem"), authority.pem);
    await connected(one);
  });
});
