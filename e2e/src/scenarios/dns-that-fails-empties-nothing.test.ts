import { expect, test } from "vitest";
import { answeredWith } from "../harness/dns-changes.js";
import { FIND, startDnsMesh } from "../harness/dns-mesh.js";
import { type DnsServer, startDnsServer } from "../harness/dns-server.js";
import type { Fault } from "../harness/fault.js";
import { type DnsFaultProxy, startDnsFaultProxy } from "../harness/fault-proxy.js";
import { serviceBody } from "../harness/mesh.js";
import { GiveUp, until, untilEqual } from "../harness/until.js";

const ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

type Server = { readonly dns: DnsServer; readonly proxy: DnsFaultProxy };

/** A way in which a name stops being answered, what it counts as, and what the admin port says of it. */
type Failing = {
  readonly what: string;
  begin(server: Server): Promise<void>;
  end(server: Server): Promise<void>;
  readonly outcome: "no-name" | "no-data" | "failure";
  readonly state: "partial" | "stale";
  readonly says: RegExp;
  /** What is said of an absence once it is believed, and the guard on removals holds everybody. */
  readonly believed?: string;
};

const inTheProxy = (fault: Fault): Pick<Failing, "begin" | "end"> => ({
  begin: ({ proxy }) => proxy.set(fault),
  end: ({ proxy }) => proxy.set({ kind: "pass" }),
});

const records = { name: "find", type: "A", values: ADDRESSES, ttlSeconds: 0 } as const;

const FAILINGS: readonly Failing[] = [
  {
    what: "NXDOMAIN from the zone",
    begin: ({ dns }) => dns.set("find", "A", []),
    end: ({ dns }) => dns.setAll([records]),
    outcome: "no-name",
    state: "partial",
    says: /the name is gone/,
    believed: "there is no such name",
  },
  {
    what: "NODATA from the zone",
    begin: ({ dns }) =>
      dns.setAll([
        { ...records, values: [] },
        { name: "find", type: "TXT", values: ["here"] },
      ]),
    end: ({ dns }) => dns.setAll([records]),
    outcome: "no-data",
    state: "partial",
    says: /no such records/,
    believed: "the name has no such records",
  },
  {
    what: "SERVFAIL",
    ...inTheProxy({ kind: "dns", change: answeredWith("SERVFAIL") }),
    outcome: "failure",
    state: "stale",
    says: /SERVFAIL/,
  },
  { what: "REFUSED", ...inTheProxy({ kind: "dns", change: answeredWith("REFUSED") }), outcome: "failure", state: "stale", says: /REFUSED/ },
  { what: "silence", ...inTheProxy({ kind: "black-hole" }), outcome: "failure", state: "stale", says: /no .*answer within/ },
  { what: "a closed port", ...inTheProxy({ kind: "refuse" }), outcome: "failure", state: "stale", says: /ECONNREFUSED/ },
];

test.each(FAILINGS)("$what changes nothing that is published, is said to be what it is, and one lookup ends it", async (failing) => {
  const dns = await startDnsServer({ sets: [records] });
  const proxy = await startDnsFaultProxy(dns);
  const mesh = await startDnsMesh({ resolvers: [proxy], endpoints: ADDRESSES.length });
  await failing.begin({ dns, proxy });
  await until("the source to say so", async () => {
    const { state, reason } = await mesh.contribution();
    return state === failing.state && failing.says.test(reason ?? "");
  });
  await until("two lookups to have ended so", async () => (await mesh.lookups(failing.outcome)) >= 2);
  if (failing.believed !== undefined) {
    await untilEqual("the believed absence", async () => (await mesh.contribution()).quarantined.map(({ reason }) => reason), [
      failing.believed,
    ]);
    expect((await serviceBody(mesh.controlPlane, FIND)).members.map(({ hold }) => hold?.kind)).toEqual(["shrink", "shrink", "shrink"]);
  }
  const answered = await mesh.lookups("records");
  await failing.end({ dns, proxy });
  await until("the source to be whole again", async () => {
    // Counted before the look: another lookup may end between the two.
    const lookups = (await mesh.lookups("records")) - answered;
    const { state, endpoints, quarantined } = await mesh.contribution();
    const isWhole = state === "complete" && endpoints === ADDRESSES.length && quarantined.length === 0;
    if (lookups > 1 && !isWhole) throw new GiveUp(`${lookups} lookups were answered, and it is ${state} with ${endpoints} endpoints`);
    return isWhole;
  });
  mesh.history.neverChanged();
  mesh.history.neverLost(...mesh.at(...ADDRESSES));
  // What it held through the failure it follows again.
  await dns.set("find", "A", [...ADDRESSES, "127.0.0.4"]);
  await untilEqual("the new address", () => mesh.history.now().usable, mesh.at(...ADDRESSES, "127.0.0.4"));
  expect(await mesh.load.stop()).toMatchObject({ failed: 0 });
});
