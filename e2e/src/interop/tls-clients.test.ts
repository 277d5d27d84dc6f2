import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RESOURCE_TYPES, services } from "@fairlead/proto";
import { Authority } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { type CertificateFiles, writeCertificate } from "../harness/certificates.js";
import { deltaAdsBootstrap, startEnvoy } from "../harness/envoy.js";
import { httpRequest } from "../harness/http-request.js";
import { QUICK_CHECK } from "../harness/mesh.js";
import { needs } from "../harness/not-run.js";
import { preparedServers } from "../harness/paths.js";
import { startControlPlane } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { startProcess } from "../harness/processes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

const EDGE = "spiffe://mesh/ns/front/sa/edge";

/** A control plane that lets the edge be any `edge-…`, with one service. */
async function guardedPlane(authority: Authority, localPort: number) {
  const folder = temporaryFolder("control-plane");
  writeCertificate(authority, "control-plane", { folder: join(folder, "tls") });
  const backend = await startBackend({ name: "one" });
  const clients = [{ identity: "spiffe://mesh/ns/front/*", nodes: ["edge-*"] }];
  return startControlPlane(
    {
      xds: { tls: { cert: "tls/cert.pem", key: "tls/key.pem", clientCa: "tls/ca.pem", clients } },
      sources: [{ name: "fixed", type: "static", services: { shop: [{ address: backend.address }] } }],
      defaults: { check: QUICK_CHECK },
      services: { shop: { localPort } },
    },
    { folder },
  );
}

test("unmodified Envoy connects with its certificate and carries requests, and as another node it is refused", async (context) => {
  needs(context, preparedServers().envoy);
  const authority = new Authority();
  const localPort = await freePort();
  const { xdsPort, ...controlPlane } = await guardedPlane(authority, localPort);
  const tls = writeCertificate(authority, "edge", { names: [{ uri: EDGE }] });
  await startEnvoy(deltaAdsBootstrap({ xdsPort, tls, node: { id: "edge-1", cluster: "edge" } }));
  await untilEqual("Envoy to carry a request", async () => (await httpRequest({ port: localPort, path: "/" })).status, 200);
  const { streams } = await controlPlane.api<{ streams: { identity?: string }[] }>("/v1/sidecars/edge-1");
  expect(streams[0]?.identity).toBe(EDGE);

  await startEnvoy(deltaAdsBootstrap({ xdsPort, tls, node: { id: "billing-1", cluster: "edge" } }), { waitForLive: false });
  await until("the other node to be refused", async () => {
    const count = await controlPlane.metric('fairlead_xds_tls_refused_total{reason="other-node"}');
    return count !== undefined && count > 0;
  });
});

test("C-core connects with its certificate, and as another node reads why it is refused", async () => {
  const authority = new Authority();
  const { xdsPort } = await guardedPlane(authority, await freePort());
  const files = writeCertificate(authority, "edge", { names: [{ uri: EDGE }] });
  expect(await askWithPython(xdsPort, files, "edge-2")).toMatch(/^answered [1-9]/);
  expect(await askWithPython(xdsPort, files, "billing-1")).toMatch(
    /^failed StatusCode\.PERMISSION_DENIED .*may not claim node id "billing-1"/,
  );
});

/** What the client prints. */
async function askWithPython(xdsPort: number, { ca, cert, key }: CertificateFiles, id: string): Promise<string> {
  const { requestSerialize } = services.aggregated.StreamAggregatedResources;
  const request = requestSerialize({ node: { id }, type_url: RESOURCE_TYPES.cluster, resource_names: ["shop"] }).toString("hex");
  const script = fileURLToPath(new URL("../../src/interop/grpc_tls_client.py", import.meta.url));
  const args = ["-u", script, String(xdsPort), ca, cert, key, request];
  const python = startProcess({ name: "C-core over TLS", command: "/usr/bin/python3", args });
  await python.exited;
  return python.lines().join("\n");
}
