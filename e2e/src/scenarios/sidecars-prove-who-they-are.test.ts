import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Authority } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { type CertificateFiles, writeCertificate } from "../harness/certificates.js";
import { type MeshSidecar, QUICK_CHECK, sidecarOf, untilUsable } from "../harness/mesh.js";
import { type Config, type ControlPlane, startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

const WEB = "spiffe://mesh/ns/front/sa/web";

interface Streams {
  readonly streams: readonly { readonly identity?: string; readonly connected: boolean; readonly connectedAt: string }[];
}

interface Status {
  readonly xdsTls?: { readonly certificateEnds: string; readonly daysLeft: number };
  readonly degraded: readonly { readonly mode: string; readonly because: string }[];
}

const shopOf = (addresses: readonly string[]): Config => ({
  xds: { tls: { cert: "tls/cert.pem", key: "tls/key.pem", clientCa: "tls/ca.pem" } },
  sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
  defaults: { check: QUICK_CHECK },
});

/** A control plane whose certificate is of the authority, and that believes it about sidecars. Its files lie beside its configuration. */
async function guarded(authority: Authority, addresses: readonly string[]): Promise<ControlPlane> {
  const folder = temporaryFolder("control-plane");
  writeCertificate(authority, "control-plane", { folder: join(folder, "tls") });
  return startControlPlane(shopOf(addresses), { folder });
}

/** A sidecar that shows this certificate, or none. */
function sidecarWith(controlPlane: ControlPlane, id: string, tls: Partial<CertificateFiles>): Promise<MeshSidecar> {
  return sidecarOf(controlPlane, ["shop"], { id, tls, waitFor: "alive" });
}

async function untilRefused({ plane }: MeshSidecar, reason: RegExp): Promise<void> {
  await until(`the sidecar to say ${reason}`, async () => {
    const ready = await plane.ask("/ready");
    const { controlPlane } = JSON.parse(ready.body) as { controlPlane: { state: string; cause?: string } };
    if (!reason.test(controlPlane.cause ?? "")) throw new Error(ready.body);
    return ready.status === 503;
  });
}

test("a sidecar is served for what its certificate names, and told why it is not: another node, no certificate, an expired one, a stranger's", async () => {
  const authority = new Authority();
  const backend = await startBackend({ name: "one" });
  const controlPlane = await guarded(authority, [backend.address]);
  const web = writeCertificate(authority, "web", { names: [{ uri: WEB }] });

  const good = await sidecarWith(controlPlane, "web-1", web);
  await untilUsable(good, "shop", [backend.address]);
  expect((await controlPlane.api<Streams>("/v1/sidecars/web-1")).streams).toMatchObject([{ connected: true, identity: WEB }]);

  await untilRefused(await sidecarWith(controlPlane, "billing-1", web), /spiffe:.*\/web may not claim node id "billing-1"/);
  await untilRefused(await sidecarWith(controlPlane, "web-2", { ca: web.ca }), /asks its clients for a certificate/);
  const expired = writeCertificate(authority, "web", { names: [{ uri: WEB }], expired: true });
  await untilRefused(await sidecarWith(controlPlane, "web-3", expired), /the client's certificate expired on 2020-01-02/);
  const forged = { ...writeCertificate(new Authority("another authority"), "web", { names: [{ uri: WEB }] }), ca: web.ca };
  await untilRefused(await sidecarWith(controlPlane, "web-4", forged), /no authority in xds\.tls\.clientCa has signed it/);
  for (const reason of ["other-node", "no-certificate", "expired", "untrusted"]) {
    expect(await controlPlane.metric(`fairlead_xds_tls_refused_total{reason="${reason}"}`)).toBeGreaterThan(0);
  }
  const { sidecars } = await controlPlane.api<{ sidecars: { node: string }[] }>("/v1/sidecars");
  expect(new Set(sidecars.map(({ node }) => node))).toEqual(new Set(["web-1"]));
});

test("certificates are renewed without a restart while streams stay up; a bad file changes nothing and is shown", async () => {
  const authority = new Authority();
  const [one, two] = [await startBackend({ name: "one" }), await startBackend({ name: "two" })];
  const controlPlane = await guarded(authority, [one.address]);
  const tlsFolder = join(controlPlane.folder, "tls");
  const web = writeCertificate(authority, "web", { names: [{ uri: WEB }] });
  const first = await sidecarWith(controlPlane, "web-1", web);
  await untilUsable(first, "shop", [one.address]);
  const before = await controlPlane.api<Streams>("/v1/sidecars/web-1");
  const status = () => controlPlane.api<Status>("/v1/status");

  writeFileSync(join(tlsFolder, "cert.pem"), "half a certif");
  await until("the bad file to be shown", async () => (await status()).degraded.some(({ mode }) => mode === "certificate-refused"));
  const second = await sidecarWith(controlPlane, "web-2", web);
  await untilUsable(second, "shop", [one.address]);

  // Another authority: whoever believes only the old one is met with a certificate it does not know.
  const next = new Authority("next authority");
  const endsAtMs = Math.floor(Date.now() / 1_000) * 1_000 + 3_650 * 86_400_000;
  writeCertificate(next, "control-plane", { folder: tlsFolder, endsAtMs });
  writeFileSync(join(tlsFolder, "ca.pem"), authority.pem + next.pem);
  const renewed = { certificateEnds: new Date(endsAtMs).toISOString(), modes: [] };
  await untilEqual(
    "the new certificate to be in force",
    async () => {
      const { xdsTls, degraded } = await status();
      return { certificateEnds: xdsTls?.certificateEnds, modes: degraded.map(({ mode }) => mode) };
    },
    renewed,
  );
  await untilRefused(await sidecarWith(controlPlane, "web-3", web), /no authority in controlPlane\.tls\.ca has signed the control plane's/);
  const newer = writeCertificate(next, "web", { names: [{ uri: WEB }] });
  await untilUsable(await sidecarWith(controlPlane, "web-4", newer), "shop", [one.address]);

  controlPlane.rewriteConfig(shopOf([one.address, two.address]));
  await untilUsable(first, "shop", [one.address, two.address]);
  expect(await controlPlane.api<Streams>("/v1/sidecars/web-1")).toMatchObject({
    streams: [{ connected: true, connectedAt: before.streams[0]?.connectedAt }],
  });
});

test("a sidecar whose certificate was renewed shows the new one at its next connection", async () => {
  const authority = new Authority();
  const backend = await startBackend({ name: "one" });
  const controlPlane = await guarded(authority, [backend.address]);
  const folder = temporaryFolder("certificates");
  const expired = writeCertificate(authority, "web", { names: [{ uri: WEB }], folder, expired: true });
  const sidecar = await sidecarWith(controlPlane, "web-1", expired);
  await untilRefused(sidecar, /the client's certificate expired/);
  writeCertificate(authority, "web", { names: [{ uri: WEB }], folder });
  await untilUsable(sidecar, "shop", [backend.address], 40_000);
});
