import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ACL, CreateMode, createClient, Id, Permission } from "node-zookeeper-client";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilUsable } from "../harness/mesh.js";
import { type Config, startControlPlane } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { stopLater, temporaryFolder } from "../harness/teardown.js";
import { until } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

const USER = "fairlead";
const PASSWORD = "correct-horse";

test("members that only we may read are read once we say who we are, under a chroot, and the password is nowhere to be seen", async () => {
  const server = await startZooKeeper();
  const backend = await startBackend({ name: "one" });
  await createGuarded(server.address, ["/app", "/app/members", "/app/members/cart"], "");
  await createGuarded(server.address, ["/app/members/cart/one"], backend.address);
  const source = (more: Config) => ({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        chroot: "/app",
        ...more,
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: QUICK_CHECK },
  });
  const controlPlane = await startControlPlane(source({}), { waitFor: "alive" });
  await until("the reading to say what is missing", async () => {
    const { contributions } = await serviceBody(controlPlane, "cart");
    return /NO_AUTH: its ACL does not let us read it without auth/.test(contributions[0]?.reason ?? "");
  });

  const passwordFile = join(temporaryFolder("password"), "zk");
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  controlPlane.rewriteConfig(source({ auth: { digest: USER, passwordFile } }));
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilUsable(sidecar, "cart", [backend.address]);
  expect((await serviceBody(controlPlane, "cart")).members).toMatchObject([{ place: "/app/members/cart/one" }]);

  controlPlane.rewriteConfig(source({ auth: { digest: `${USER}:wrong-horse` } }));
  await until("the wrong password to be told", async () => {
    const { contributions } = await serviceBody(controlPlane, "cart");
    return /NO_AUTH: .* as digest user fairlead/.test(contributions[0]?.reason ?? "");
  });
  await untilUsable(sidecar, "cart", [backend.address]);
  const shown = [
    controlPlane.process().output(),
    (await controlPlane.ask("/v1/sources")).body,
    (await controlPlane.ask("/v1/services/cart")).body,
    (await controlPlane.ask("/metrics")).body,
  ].join("\n");
  expect(shown).not.toMatch(/correct-horse|wrong-horse/);
});

/** Debian's own jars; ZooKeeper speaks TLS through Netty only. */
const NETTY = [
  "buffer",
  "codec",
  "common",
  "handler",
  "resolver",
  "transport",
  "transport-native-unix-common",
  "transport-native-epoll",
].map((part) => `/usr/share/java/netty-${part}.jar`);

test("members are read over TLS, with our certificate where it is asked for, and never from a server nobody vouches for", async (context) => {
  const missing = NETTY.find((jar) => !existsSync(jar));
  if (missing !== undefined) return context.skip(`${missing} is not installed`);
  const { ca, server: serverPem, client } = certificates();
  const securePort = await freePort();
  const server = await startZooKeeper({
    jars: NETTY,
    properties: { "zookeeper.serverCnxnFactory": "org.apache.zookeeper.server.NettyServerCnxnFactory" },
    settings: {
      secureClientPort: securePort,
      secureClientPortAddress: "127.0.0.1",
      "ssl.keyStore.location": serverPem,
      "ssl.keyStore.type": "PEM",
      "ssl.trustStore.location": ca,
      "ssl.trustStore.type": "PEM",
      "ssl.clientAuth": "need",
    },
  });
  const session = await openZooKeeperSession(server.address);
  const backend = await startBackend({ name: "one" });
  await session.mkdirp("/members/cart");
  await session.create("/members/cart/one", backend.address);
  const source = (tls: Config) => ({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [`127.0.0.1:${securePort}`],
        tls,
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: QUICK_CHECK },
  });
  const other = certificates();
  const controlPlane = await startControlPlane(source({ ca: other.ca, ...client, serverName: "zk.internal" }), { waitFor: "alive" });
  await until("the foreign server to be refused", async () => {
    const { sources } = await controlPlane.api<{ sources: { reason?: string }[] }>("/v1/sources");
    return /self-signed|unable to (get|verify)|certificate/i.test(sources[0]?.reason ?? "");
  });
  controlPlane.rewriteConfig(source({ ca, ...client, serverName: "zk.internal" }));
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilUsable(sidecar, "cart", [backend.address]);
  expect((await serviceBody(controlPlane, "cart")).stale).toBe(false);
});

/** Creates znodes that only `USER` may read. */
async function createGuarded(address: string, paths: readonly string[], data: string): Promise<void> {
  const client = createClient(address);
  stopLater({ name: "guarded creates", stop: () => client.close() });
  await new Promise<void>((resolve) => {
    client.once("connected", resolve);
    client.connect();
  });
  client.addAuthInfo("digest", Buffer.from(`${USER}:${PASSWORD}`));
  const digest = createHash("sha1").update(`${USER}:${PASSWORD}`).digest("base64");
  const acls = [new ACL(Permission.ALL, new Id("digest", `${USER}:${digest}`))];
  for (const path of paths) {
    await new Promise<void>((resolve, reject) => {
      client.create(path, Buffer.from(data), acls, CreateMode.PERSISTENT, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** An authority of its own, a server `zk.internal`, and a client. ZooKeeper wants key and certificate in one file. */
function certificates() {
  const folder = temporaryFolder("certificates");
  const at = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  openssl(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  );
  for (const name of ["zk.internal", "control-plane"]) {
    writeFileSync(at(`${name}.ext`), `subjectAltName=DNS:${name}\n`);
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`];
    openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.pem`);
  }
  writeFileSync(at("server.pem"), readFileSync(at("zk.internal.key"), "utf8") + readFileSync(at("zk.internal.pem"), "utf8"));
  return { ca: at("ca.pem"), server: at("server.pem"), client: { cert: at("control-plane.pem"), key: at("control-plane.key") } };
}
