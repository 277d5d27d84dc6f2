import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startFaultProxy } from "../harness/fault-proxy.js";
import { startLoad } from "../harness/http-load.js";
import { serviceBody, sidecarOf } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { loopbackAddresses, register } from "../harness/registrations.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";
import { type Fate, startZooKeeperProxy } from "../harness/zookeeper-proxy.js";

const MEMBERS = 300;
/** Finagle's number: enough to fill the pipe, too few to bury a server. The ping is the one more. */
const MOST_UNANSWERED = 101;

/** Six of ten members, always the same ones, so that no number of tries gets the whole list together. */
const spoilt = (path: string): boolean => Number(path.replace(/^.*-/, "")) % 10 < 6;

interface Trouble {
  readonly what: string;
  readonly fate: Fate;
  /** What the reading is meanwhile: answers come in order, so one that never comes ends the connection. */
  readonly state: RegExp;
  /** When it was tried often enough. */
  readonly enough: (since: { readonly reads: number; readonly connections: number }) => boolean;
}

const troubles: readonly Trouble[] = [
  { what: "fail", fate: "fail", state: /^partial$/, enough: ({ reads }) => reads > 2 * MEMBERS },
  { what: "are never answered", fate: { delayMs: 60_000 }, state: /^(partial|stale)$/, enough: ({ connections }) => connections >= 2 },
];

test.each(troubles)(
  "60 % of the reads $what: nobody leaves, and the set converges once they are answered",
  async ({ fate, state, enough }) => {
    const server = await startZooKeeper();
    const proxy = await startZooKeeperProxy(server);
    const wire = await startFaultProxy(proxy);
    const session = await openZooKeeperSession(server.address);
    await session.mkdirp("/members/cart");
    const { port } = await startBackend({ name: "all", host: "0.0.0.0" });
    const addresses = loopbackAddresses(MEMBERS, port);
    const paths = await register(session, "/members/cart", addresses);
    const controlPlane = await startControlPlane({
      sources: [
        {
          name: "zk",
          type: "zookeeper",
          servers: [wire.address],
          sessionTimeout: "2s",
          paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
        },
      ],
      defaults: { check: "none" },
    });
    const sidecar = await sidecarOf(controlPlane, ["cart"]);
    const history = await startSnapshotHistory(controlPlane, "cart");
    expect(history.now().addresses).toHaveLength(MEMBERS);
    const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 200 });

    // The connection breaks, and everything is to be read again. Meanwhile one leaves, one comes.
    proxy.decide((path) => (spoilt(path) ? fate : "answer"));
    wire.cut();
    const leaver = 7;
    const [newcomer = ""] = loopbackAddresses(1, port, MEMBERS);
    await session.remove(paths[leaver] ?? "");
    await register(session, "/members/cart", [newcomer], "new-1000");
    const before = proxy.seen();
    await until("reads to be tried again", () => {
      const { reads, connections } = proxy.seen();
      return enough({ reads: reads - before.reads, connections: connections - before.connections });
    });
    history.neverLost(...addresses);
    expect((await serviceBody(controlPlane, "cart")).contributions).toMatchObject([{ state: expect.stringMatching(state) }]);

    proxy.decide(() => "answer");
    const truth = [...addresses.filter((_, index) => index !== leaver), newcomer].sort();
    await untilEqual("the truth", () => history.now().addresses, truth);
    expect((await serviceBody(controlPlane, "cart")).contributions).toMatchObject([{ state: "complete" }]);
    expect(proxy.seen().mostUnanswered).toBeLessThanOrEqual(MOST_UNANSWERED);
    expect(await load.stop()).toMatchObject({ failed: 0 });
  },
);
