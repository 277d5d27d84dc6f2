// Every format in which members register in ZooKeeper, written into a real one as the frameworks write it, becomes the right endpoints.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serviceBody } from "../harness/mesh.js";
import { repositoryTop } from "../harness/paths.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession, type ZooKeeperSession } from "../harness/zookeeper-client.js";

interface PathOptions {
  readonly path: string;
  readonly format: string;
  readonly port?: string;
  readonly protocol?: string;
  readonly endpoint?: string;
  readonly scheme?: string;
}

type PathConfig = PathOptions & { readonly service: string };

async function startMesh(paths: readonly PathConfig[], safety: "standard" | "cautious" = "standard") {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  const controlPlane = await startControlPlane({
    sources: [{ name: "zk", type: "zookeeper", servers: [server.address], sessionTimeout: "15s", paths }],
    defaults: { check: "none", safety },
  });
  return { session, controlPlane };
}

interface MemberBody {
  readonly id: string;
  readonly weight: number;
  readonly zone: string;
  readonly outcome: string;
}

/** A service's members as the admin API shows them: `address weight zone`, and the outcome where it is not `serving`. */
async function members(controlPlane: ControlPlane, service: string): Promise<readonly string[]> {
  const body = await controlPlane.api<{ readonly members: readonly MemberBody[] }>(`/v1/services/${service}`);
  return body.members.map(({ id, weight, zone, outcome }) => `${id} ${weight} ${zone}${outcome === "serving" ? "" : ` ${outcome}`}`).sort();
}

async function untilMembers(controlPlane: ControlPlane, service: string, expected: readonly string[]): Promise<void> {
  await untilEqual(`the members of ${service}`, () => members(controlPlane, service), expected);
}

interface Captured {
  readonly znodes: readonly { readonly path: string; readonly data: string; readonly encoding?: "base64" }[];
}

/** Writes the registrations captured from a framework, below a path of their own. */
async function writeCaptured(session: ZooKeeperSession, name: string): Promise<void> {
  const file = join(repositoryTop, "control-plane/src/discovery/zookeeper/decode/fixtures", `${name}.json`);
  const { znodes } = JSON.parse(readFileSync(file, "utf8")) as Captured;
  for (const { path, data, encoding } of znodes) {
    const full = `/captured/${name}${path}`;
    await session.mkdirp(full.slice(0, full.lastIndexOf("/")));
    await session.create(full, Buffer.from(data, encoding ?? "utf8"), "ephemeral");
  }
}

/** Per captured path: its format, and what must come of it. */
const CAPTURED: readonly (PathOptions & { readonly file: string; readonly members: readonly string[] })[] = [
  {
    ...{ file: "curator", path: "/services/plain", format: "curator" },
    members: ["127.0.0.1:8081", "127.0.0.1:8083", "127.0.0.1:8084", "127.0.0.1:8086", "127.0.0.1:8087", "127.0.0.1:8088", "[::1]:8085"].map(
      (id) => `${id} 100 default`,
    ),
  },
  {
    ...{ file: "curator", path: "/services-new/plain", format: "curator" },
    members: ["127.0.0.1:8081 100 default", "127.0.0.1:8082 100 default reduced"],
  },
  ...["4.3", "5.0"].map((version) => ({
    ...{ file: `spring-cloud-zookeeper-${version}`, path: "/services/shop", format: "curator" },
    members: ["127.0.0.1:18081 100 default", "127.0.0.1:18082 100 eu-1a reduced"],
  })),
  {
    ...{ file: "spring-cloud-zookeeper-5.0", path: "/services/cart-tls", format: "curator", port: "ssl" },
    members: ["127.0.0.1:18443 100 default"],
  },
  { ...{ file: "dubbo-3", path: "/services/shop-provider", format: "curator", protocol: "tri" }, members: ["127.0.0.1:50051 100 default"] },
  {
    ...{ file: "dubbo-3", path: "/dubbo/com.example.shop.Greeter/providers", format: "dubbo" },
    members: ["127.0.0.1:20880 100 default", "127.0.0.1:50051 100 default"],
  },
  {
    ...{ file: "dubbo-2.7", path: "/dubbo/com.example.shop.Stock/providers", format: "dubbo", protocol: "dubbo" },
    members: ["127.0.0.1:20881 200 eu-1a"],
  },
  { ...{ file: "dubbo-2.6", path: "/dubbo/com.example.shop.Stock/providers", format: "dubbo" }, members: ["127.0.0.1:20882 50 eu-1a"] },
  { ...{ file: "d2", path: "/d2/uris/Shop", format: "d2" }, members: ["127.0.0.1:8081 100 default", "127.0.0.1:8443 50 eu-1a"] },
  { ...{ file: "d2", path: "/d2/uris/Members", format: "d2", scheme: "http" }, members: ["127.0.0.1:8091 350 default"] },
  {
    ...{ file: "serverset", path: "/twitter/service/team/prod/json", format: "serverset" },
    members: ["127.0.0.1:8081", "127.0.0.1:8082", "127.0.0.1:8083", "127.0.0.1:8084"].map((id) => `${id} 100 default`),
  },
  {
    ...{ file: "serverset", path: "/twitter/service/team/prod/thrift", format: "serverset" },
    members: ["127.0.0.1:8081 100 default", "127.0.0.1:8082 100 default"],
  },
  {
    ...{ file: "finagle-serverset", path: "/twitter/service/team/prod/finagle", format: "serverset", endpoint: "http-admin" },
    members: ["127.0.0.1:9990 100 default"],
  },
];

test("registrations captured from the real frameworks give the endpoints they announce", async () => {
  const paths = CAPTURED.map(({ file, members: _, path, ...options }, index) => ({
    ...options,
    path: `/captured/${file}${path}`,
    service: `s${index}`,
  }));
  const { session, controlPlane } = await startMesh(paths);
  for (const file of new Set(CAPTURED.map((captured) => captured.file))) await writeCaptured(session, file);
  for (const [index, captured] of CAPTURED.entries()) await untilMembers(controlPlane, `s${index}`, captured.members);
});

test("Nerve: data or name, with weight, zone and backup", async () => {
  const { session, controlPlane } = await startMesh([{ path: "/nerve/services/pay", service: "pay", format: "nerve" }]);
  await session.mkdirp("/nerve/services/pay");
  await session.set("/nerve/services/pay", '{"haproxy":{"listen":["mode tcp"]}}');
  const nerve = (port: number, more: object = {}) => JSON.stringify({ host: "127.0.0.1", port, name: `i-${port}`, ...more });
  await session.create("/nerve/services/pay/i-1_", nerve(1, { weight: 10, labels: { az: "eu-1a" } }), "ephemeral-sequential");
  const encoded = Buffer.from(nerve(2)).toString("base64url");
  await session.create(`/nerve/services/pay/base64_${encoded.length}_${encoded}_`, "", "ephemeral-sequential");
  await untilMembers(controlPlane, "pay", ["127.0.0.1:1 10 eu-1a", "127.0.0.1:2 100 default"]);
});

const serverSetMember = (port: number, additionalEndpoints: object = {}) =>
  JSON.stringify({ serviceEndpoint: { host: "127.0.0.1", port }, additionalEndpoints, status: "ALIVE", shard: port });

test("a ServerSet's member made anew under another name is no change, and vectors weigh members as they come and go", async () => {
  const { session, controlPlane } = await startMesh([{ path: "/twitter/cart", service: "cart", format: "serverset" }], "cautious");
  await session.mkdirp("/twitter/cart");
  await session.create("/twitter/cart/member_", serverSetMember(1), "ephemeral-sequential");
  const first = await session.create("/twitter/cart/member_", serverSetMember(2), "ephemeral-sequential");
  await untilMembers(controlPlane, "cart", ["127.0.0.1:1 100 default", "127.0.0.1:2 100 default"]);
  const published = (await serviceBody(controlPlane, "cart")).version;
  await session.remove(first);
  const again = await session.create(
    "/twitter/cart/member_",
    serverSetMember(2, { admin: { host: "127.0.0.1", port: 3 } }),
    "ephemeral-sequential",
  );
  await untilEqual(
    "the place",
    async () => (await controlPlane.api<{ place: string }>("/v1/services/cart/endpoints/127.0.0.1:2")).place,
    again,
  );
  expect((await serviceBody(controlPlane, "cart")).version).toBe(published);
  const vector = await session.create(
    "/twitter/cart/vector_",
    JSON.stringify({
      vector: [
        { select: "shard=1", weight: 0.5 },
        { select: "inet=127.0.0.1:2", weight: 2.0 },
      ],
    }),
    "persistent-sequential",
  );
  await untilMembers(controlPlane, "cart", ["127.0.0.1:1 50 default", "127.0.0.1:2 200 default"]);
  await session.remove(vector);
  await untilMembers(controlPlane, "cart", ["127.0.0.1:1 100 default", "127.0.0.1:2 100 default"]);
});

test("services come and go with their znodes, and containers that vanish leave a complete listing of nothing", async () => {
  const { session, controlPlane } = await startMesh([{ path: "/dubbo/*/providers", service: "{1:lower}", format: "dubbo" }]);
  const provider = (name: string) => `/dubbo/${name}/providers/${encodeURIComponent(`dubbo://127.0.0.1:20880/${name}?side=provider`)}`;
  const listing = async () => {
    const { sources } = await controlPlane.api<{ readonly sources: readonly { readonly state: string; readonly services: number }[] }>(
      "/v1/sources",
    );
    return sources.map(({ state, services }) => `${state} ${services}`);
  };
  await untilEqual("the listing", listing, ["complete 0"]);
  for (const name of ["com.example.Stock", "com.example.Greeter"]) {
    await session.mkdirp(`/dubbo/${name}/providers`);
    await session.create(provider(name), "192.0.2.1", "ephemeral");
  }
  await untilMembers(controlPlane, "com.example.stock", ["127.0.0.1:20880 100 default"]);
  await untilEqual("the listing", listing, ["complete 2"]);
  await session.remove(provider("com.example.Stock"));
  // As the server removes empty containers: leaf first, the parent of all at last.
  await session.remove("/dubbo/com.example.Stock/providers");
  await session.remove("/dubbo/com.example.Stock");
  await untilEqual("the listing", listing, ["complete 1"]);
  await session.remove(provider("com.example.Greeter"));
  for (const path of ["/dubbo/com.example.Greeter/providers", "/dubbo/com.example.Greeter", "/dubbo"]) await session.remove(path);
  await untilEqual("the listing", listing, ["complete 0"]);
});

test("a format that changes under us removes nobody, says so, and is complete again once it can be read", async () => {
  const { session, controlPlane } = await startMesh([{ path: "/members/cart", service: "cart", format: "host-port" }], "cautious");
  await session.mkdirp("/members/cart");
  const all = Array.from({ length: 5 }, (_, index) => `127.0.0.1:${index + 1}`);
  for (const address of all) await session.create(`/members/cart/${address.slice(-1)}`, address, "ephemeral");
  const served = all.map((address) => `${address} 100 default`);
  await untilMembers(controlPlane, "cart", served);
  await session.setAll(all.slice(1).map((address) => ({ path: `/members/cart/${address.slice(-1)}`, data: `v2|${address}` })));
  const contribution = async () => (await serviceBody(controlPlane, "cart")).contributions[0];
  const why = /4 of 5 members are malformed, most of them, so the source is at fault.*v2\|/;
  await until("the reading to be partial", async () => why.test((await contribution())?.reason ?? ""));
  expect((await contribution())?.state).toBe("partial");
  // The debounce of a removal in a calm source is 3 s: whoever had believed the reading would have removed them by now.
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  expect(await members(controlPlane, "cart")).toEqual(served);
  for (const address of all) await session.set(`/members/cart/${address.slice(-1)}`, address);
  await untilEqual("the reading", async () => (await contribution())?.state, "complete");
  expect(await members(controlPlane, "cart")).toEqual(served);
});
