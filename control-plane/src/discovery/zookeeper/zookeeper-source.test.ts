import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServiceReading } from "../source.js";
import { CART_PATH, CURATOR_PATHS, curatorJson, nameOf, zookeeperUnderTest } from "./testing/zookeeper-under-test.js";

const CART_OF_TWO = (server: { create(path: string, data: string): void }) => {
  server.create("/members/cart/a", "10.0.0.1:80");
  server.create("/members/cart/b", "10.0.0.2:80");
};

/** Everything a watcher was told about one service. */
function recordOf(source: ReturnType<typeof zookeeperUnderTest>["source"], service: string): ServiceReading[] {
  const seen: ServiceReading[] = [];
  source.services.watch((value, changed) => {
    const reading = value.get(nameOf(service));
    if (changed.has(nameOf(service)) && reading !== undefined) seen.push(reading);
  });
  return seen;
}

describe("one path", () => {
  test("its members are read, completely, with place and mark", () => {
    const { clock, ids, reading, endpoint } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    expect(reading("cart")).toEqual({ kind: "pending" });
    clock.advance(20);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    expect(reading("cart")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" }, mark: "0x104" } });
    expect(endpoint("cart", "10.0.0.1:80")?.place).toBe("/members/cart/a");
  });

  test("nothing is said before the first reading is whole", () => {
    const { clock, source, ids } = zookeeperUnderTest([CART_PATH], (server) => {
      for (let index = 0; index < 5_000; index += 1) server.create(`/members/cart/m${index}`, `10.0.${index >> 8}.${index & 255}:80`);
    });
    const seen = recordOf(source, "cart");
    clock.advance(200);
    expect(ids("cart")).toHaveLength(5_000);
    expect(seen.map(({ kind }) => kind)).toEqual(["pending", "seen"]);
  });

  test("one more member costs one list and one read, and the others keep their references", () => {
    const { clock, server, endpoint, ids } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(1_000);
    const before = endpoint("cart", "10.0.0.1:80");
    server.asked.length = 0;
    server.create("/members/cart/c", "10.0.0.3:80");
    clock.advance(1_000);
    expect(server.asked).toEqual(["children /members/cart", "data /members/cart/c"]);
    expect(ids("cart")).toHaveLength(3);
    expect(endpoint("cart", "10.0.0.1:80")).toBe(before);
  });

  test("a change in a calm source is published with the answer, not after a pause", () => {
    const { clock, server, ids } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(1_000);
    server.set("/members/cart/a", "10.0.0.9:80");
    clock.advance(2);
    expect(ids("cart")).toEqual(["10.0.0.2:80", "10.0.0.9:80"]);
  });

  test("a change that a watch told of says when that was, before anything was read", () => {
    const { clock, server, reading } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(1_000);
    expect(reading("cart")).not.toHaveProperty("noticedMs");
    server.create("/members/cart/c", "10.0.0.3:80");
    clock.advance(1_000);
    const noticedMs = (reading("cart") as { noticedMs?: number }).noticedMs ?? 0;
    expect(noticedMs).toBeGreaterThanOrEqual(1_000);
    expect(noticedMs).toBeLessThan(1_002);
  });

  test("a storm of changes is published at most every ten milliseconds", () => {
    const { clock, server, source, ids } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(1_000);
    const seen = recordOf(source, "cart");
    for (let index = 0; index < 200; index += 1) {
      server.create(`/members/cart/s${index}`, `10.0.1.${index}:80`);
      clock.advance(1);
    }
    clock.advance(20);
    expect(ids("cart")).toHaveLength(202);
    expect(seen.length).toBeLessThanOrEqual(23);
    expect(seen.length).toBeGreaterThan(10);
  });

  test("a deleted member is gone without a read", () => {
    const { clock, server, ids } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(1_000);
    server.asked.length = 0;
    server.delete("/members/cart/a");
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.2:80"]);
    expect(server.asked).toEqual(["children /members/cart"]);
  });

  test("a member deleted and created again is read again", () => {
    const { clock, server, ids } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(1_000);
    server.delete("/members/cart/a");
    server.create("/members/cart/a", "10.0.0.7:80");
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.2:80", "10.0.0.7:80"]);
  });

  test("a member that goes between list and read is that member only", () => {
    const { clock, server, ids, reading } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(2);
    server.delete("/members/cart/a");
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.2:80"]);
    expect(reading("cart")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
  });

  test("a member that cannot be parsed is quarantined, the others serve", () => {
    const { clock, reading, ids } = zookeeperUnderTest([CART_PATH], (server) => {
      CART_OF_TWO(server);
      server.create("/members/cart/c", "garbage");
    });
    clock.advance(100);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    expect(reading("cart")).toMatchObject({
      kind: "seen",
      reading: {
        completeness: { kind: "complete" },
        quarantined: [{ place: "/members/cart/c", reason: 'data "garbage" is not host:port, nor is the name' }],
      },
    });
  });

  test("a member that cannot be read makes the reading partial, with the reason, until a retry succeeds", () => {
    const { clock, server, ids, reading } = zookeeperUnderTest([CART_PATH], (fake) => {
      CART_OF_TWO(fake);
      fake.failing.set("/members/cart/b", "NO_AUTH");
    });
    clock.advance(20);
    expect(ids("cart")).toEqual(["10.0.0.1:80"]);
    expect(reading("cart")).toMatchObject({
      reading: { completeness: { kind: "partial", reason: "/members/cart: 1 of 2 members unread, b: NO_AUTH" } },
    });
    server.failing.clear();
    clock.advance(30_000);
    expect(reading("cart")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
    expect(ids("cart")).toHaveLength(2);
  });

  test("a re-read that fails keeps what was known and says partial", () => {
    const { clock, server, ids, reading } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    server.failing.set("/members/cart/a", "OPERATION_TIMEOUT");
    server.set("/members/cart/a", "10.0.0.9:80");
    clock.advance(20);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    expect(reading("cart")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "partial" } } });
  });

  test("a list that cannot be read is a partial reading with the reason, and is retried ever less often", () => {
    const { clock, server, ids, reading } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    server.failing.set("/members/cart", "NO_AUTH");
    server.delete("/members/cart/a");
    server.asked.length = 0;
    clock.advance(240_000);
    expect(reading("cart")).toMatchObject({ reading: { completeness: { kind: "partial", reason: "/members/cart: NO_AUTH" } } });
    expect(server.asked.length).toBeGreaterThan(8);
    expect(server.asked.length).toBeLessThan(80);
    server.failing.clear();
    clock.advance(30_000);
    expect(ids("cart")).toEqual(["10.0.0.2:80"]);
  });

  test("no such path is a complete, empty reading, and its return is seen", () => {
    const { clock, server, ids, reading } = zookeeperUnderTest();
    clock.advance(100);
    expect(ids("cart")).toEqual([]);
    expect(reading("cart")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
    CART_OF_TWO(server);
    clock.advance(100);
    expect(ids("cart")).toHaveLength(2);
    server.delete("/members");
    clock.advance(100);
    expect(ids("cart")).toEqual([]);
    CART_OF_TWO(server);
    clock.advance(100);
    expect(ids("cart")).toHaveLength(2);
  });

  test("two znodes with one address are one endpoint, and the newer speaks", () => {
    const { clock, server, endpoint, ids } = zookeeperUnderTest([CART_PATH], (fake) => fake.create("/members/cart/z", "10.0.0.1:80"));
    clock.advance(100);
    server.create("/members/cart/a", "10.0.0.1:80");
    clock.advance(100);
    expect(ids("cart")).toEqual(["10.0.0.1:80"]);
    expect(endpoint("cart", "10.0.0.1:80")?.place).toBe("/members/cart/a");
    server.delete("/members/cart/z");
    clock.advance(100);
    expect(ids("cart")).toEqual(["10.0.0.1:80"]);
  });

  test("a lower transaction never replaces a higher one, in this session and in the next", () => {
    const { clock, server, ids, source } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    server.rewind("/members/cart/a", "10.0.0.66:80", 1n);
    source.refresh();
    clock.advance(100);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    server.cut();
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    server.expireSessions();
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  });

  test("what no watch told is found by the resync within six minutes, without an incomplete moment", () => {
    const { clock, server, ids, source } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    server.rewind("/members/cart/a", "10.0.0.9:80", 0x999n);
    const seen = recordOf(source, "cart");
    clock.advance(239_000);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    clock.advance(121_000);
    expect(ids("cart")).toEqual(["10.0.0.2:80", "10.0.0.9:80"]);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
    server.rewind("/members/cart/a", "10.0.0.8:80", 0x99an);
    clock.advance(361_000);
    expect(ids("cart")).toEqual(["10.0.0.2:80", "10.0.0.8:80"]);
  });

  test("beyond ten thousand members the reading is partial and says so", () => {
    const { clock, reading, ids, log } = zookeeperUnderTest([CART_PATH], (server) => {
      for (let index = 0; index <= 10_000; index += 1) server.create(`/members/cart/m${index}`, `10.${index >> 8}.${index & 255}.1:80`);
    });
    clock.advance(1_000);
    expect(ids("cart")).toHaveLength(10_000);
    expect(reading("cart")).toMatchObject({
      reading: { completeness: { kind: "partial", reason: "/members/cart has 10001 members, at most 10000 are read" } },
    });
    expect(log.count("zookeeper-limit-hit")).toBe(1);
  });
});

describe("a path with a star", () => {
  const SHOPS = (server: { create(path: string, data: string): void }) => {
    server.create("/services/shop/x", curatorJson(8081));
    server.create("/services/shop/y", curatorJson(8082, { enabled: false }));
    server.create("/services/cart/z", curatorJson(9090));
  };

  test("every child is a service, and the path names it, whatever the registration says", () => {
    const { clock, source, ids, endpoint } = zookeeperUnderTest([CURATOR_PATHS], SHOPS);
    expect(source.listing.value).toEqual({ kind: "pending" });
    clock.advance(50);
    expect([...source.services.value.keys()].sort()).toEqual(["cart", "shop"]);
    expect(ids("shop")).toEqual(["10.0.0.1:8081", "10.0.0.1:8082"]);
    expect(endpoint("shop", "10.0.0.1:8082")).toMatchObject({ instance: "id-8082", draining: "registered as disabled" });
    expect(source.listing.value).toEqual({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
  });

  test("whoever hears that the listing is complete finds its services in the map", () => {
    const { clock, source } = zookeeperUnderTest([CURATOR_PATHS], SHOPS);
    let known: string[] | undefined;
    source.listing.watch((listing) => {
      if (listing.kind === "seen") known ??= [...source.services.value.keys()];
    });
    clock.advance(50);
    expect(known?.sort()).toEqual(["cart", "shop"]);
  });

  test("a child that is no service name is quarantined in the listing", () => {
    const { clock, source } = zookeeperUnderTest([CURATOR_PATHS], (server) => {
      SHOPS(server);
      server.create("/services/Shop!", "");
    });
    clock.advance(50);
    expect(source.services.value.size).toBe(2);
    expect(source.listing.value).toMatchObject({
      kind: "seen",
      completeness: { kind: "complete" },
      quarantined: [{ place: "/services/Shop!", reason: expect.stringContaining('"Shop!" is not a service name') }],
    });
  });

  test("services come and go with their znodes", () => {
    const { clock, server, source, ids } = zookeeperUnderTest([CURATOR_PATHS], SHOPS);
    clock.advance(50);
    server.create("/services/find/q", curatorJson(7070));
    clock.advance(50);
    expect(ids("find")).toEqual(["10.0.0.1:7070"]);
    server.delete("/services/cart");
    clock.advance(50);
    expect([...source.services.value.keys()].sort()).toEqual(["find", "shop"]);
    expect(source.listing.value).toMatchObject({ kind: "seen", completeness: { kind: "complete" } });
  });

  test("no parent is a complete listing of nothing, and its return is seen", () => {
    const { clock, server, source, ids } = zookeeperUnderTest([CURATOR_PATHS]);
    clock.advance(50);
    expect(source.listing.value).toEqual({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
    SHOPS(server);
    clock.advance(50);
    expect(ids("shop")).toHaveLength(2);
  });

  test("a parent that cannot be read is a partial listing; no service goes", () => {
    const { clock, server, source } = zookeeperUnderTest([CURATOR_PATHS], SHOPS);
    clock.advance(50);
    server.failing.set("/services", "NO_AUTH");
    server.delete("/services/cart");
    clock.advance(50);
    expect(source.listing.value).toMatchObject({ kind: "seen", completeness: { kind: "partial", reason: "/services: NO_AUTH" } });
    expect([...source.services.value.keys()].sort()).toEqual(["cart", "shop"]);
  });

  test("ZooKeeper's own subtree is no service", () => {
    const { clock, source } = zookeeperUnderTest([{ ...CURATOR_PATHS, path: "/*" }], (server) => {
      server.create("/zookeeper/quota", "");
      server.create("/shop/a", curatorJson(1));
    });
    clock.advance(50);
    expect([...source.services.value.keys()]).toEqual(["shop"]);
  });
});

describe("two paths for one service", () => {
  const PATHS = [CART_PATH, { ...CART_PATH, path: "/old/cart" }];

  test("are one reading, complete only when both are; the first path's word counts", () => {
    const { clock, server, ids, reading, endpoint } = zookeeperUnderTest(PATHS, (fake) => {
      CART_OF_TWO(fake);
      fake.create("/old/cart/a", "10.0.0.1:80");
      fake.create("/old/cart/c", "10.0.0.3:80");
      fake.failing.set("/old/cart", "NO_AUTH");
    });
    clock.advance(50);
    expect(reading("cart")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "partial", reason: "/old/cart: NO_AUTH" } } });
    server.failing.clear();
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
    expect(reading("cart")).toMatchObject({ reading: { completeness: { kind: "complete" } } });
    expect(endpoint("cart", "10.0.0.1:80")?.place).toBe("/members/cart/a");
  });
});

describe("losing ZooKeeper", () => {
  test("readings become stale with age and cause and keep everything; the return reads all again", () => {
    const { clock, server, source, ids, reading } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    const before = reading("cart");
    const sinceMs = clock.wallMs();
    server.become("down");
    clock.advance(10_000);
    expect(reading("cart")).toEqual({
      kind: "stale",
      reading: before?.kind === "seen" && before.reading,
      sinceMs,
      cause: "10.9.0.1:2181: connection refused",
    });
    expect(source.listing.value).toMatchObject({ kind: "stale", sinceMs });
    server.delete("/members/cart/a");
    server.create("/members/cart/c", "10.0.0.3:80");
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    server.become("serving");
    clock.advance(10_000);
    expect(ids("cart")).toEqual(["10.0.0.2:80", "10.0.0.3:80"]);
    expect(reading("cart")?.kind).toBe("seen");
    expect(source.listing.value.kind).toBe("seen");
  });

  test("a cut in which nothing changed gives back the very same reading", () => {
    const { clock, server, reading } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    const before = reading("cart");
    server.cut();
    clock.advance(5_000);
    const after = reading("cart");
    expect(before?.kind === "seen" && after?.kind === "seen" && after.reading === before.reading).toBe(true);
  });

  test("a cut in the middle of reading shows as stale only: what was asked is no answer", () => {
    const { clock, server, source } = zookeeperUnderTest([CART_PATH, CURATOR_PATHS], (fake) => {
      CART_OF_TWO(fake);
      fake.create("/services/shop/x", curatorJson(1));
    });
    clock.advance(100);
    const partial: unknown[] = [];
    source.listing.watch((listing) => listing.kind === "seen" && listing.completeness.kind === "partial" && partial.push(listing));
    source.services.watch((value) => {
      for (const reading of value.values())
        if (reading.kind === "seen" && reading.reading.completeness.kind === "partial") partial.push(reading);
    });
    source.refresh();
    server.cut();
    clock.advance(5_000);
    expect(partial).toEqual([]);
  });

  test("cut again before anything was read, a reading is stale since the first time", () => {
    const { clock, server, reading, source } = zookeeperUnderTest([CURATOR_PATHS], (fake) =>
      fake.create("/services/shop/x", curatorJson(1)),
    );
    clock.advance(100);
    const sinceMs = clock.wallMs();
    server.cut("first");
    for (let step = 0; step < 6_000 && source.disturbedUntilMs.value === 0; step += 1) clock.advance(1);
    server.cut("second");
    expect(reading("shop")).toMatchObject({ kind: "stale", sinceMs, cause: "10.9.0.1:2181: second" });
    expect(source.listing.value).toMatchObject({ kind: "stale", sinceMs, cause: "10.9.0.1:2181: second" });
  });

  test("a return that changed nothing but a member's arrival order says nothing in between", () => {
    const { clock, server, source } = zookeeperUnderTest([CART_PATH], (fake) => {
      for (let index = 0; index < 1_000; index += 1) fake.create(`/members/cart/m${index}`, `10.0.${index >> 8}.${index & 255}:80`);
    });
    clock.advance(1_000);
    server.latencyMs = 20;
    const seen = recordOf(source, "cart");
    server.cut();
    clock.advance(10_000);
    expect(seen.map(({ kind }) => kind)).toEqual(["seen", "stale", "seen"]);
    expect(seen[0]?.kind === "seen" && seen[2]?.kind === "seen" && seen[0].reading === seen[2].reading).toBe(true);
  });

  test("the first connect is calm; a return is disturbed for two session time-outs", () => {
    const { clock, server, source } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    expect(source.disturbedUntilMs.value).toBe(0);
    server.cut();
    clock.advance(100);
    const untilMs = source.disturbedUntilMs.value;
    expect(untilMs).toBeGreaterThan(clock.wallMs() + 59_000);
    expect(untilMs).toBeLessThanOrEqual(clock.wallMs() + 60_000);
    clock.advance(60_000);
    expect(source.disturbedUntilMs.value).toBe(0);
  });

  test("the first session of an ensemble that an earlier run saw is a return: who is missing may only not be back yet", () => {
    const { clock, source } = zookeeperUnderTest([CART_PATH], CART_OF_TWO, { floor: 1n });
    clock.advance(100);
    expect(source.disturbedUntilMs.value).toBeGreaterThan(clock.wallMs() + 59_000);
    clock.advance(60_000);
    expect(source.disturbedUntilMs.value).toBe(0);
  });

  test("whoever hears of a reading after the return already finds it disturbed", () => {
    const { clock, server, source } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    server.become("down");
    server.delete("/members/cart/a");
    clock.advance(100);
    const calmReadings: number[] = [];
    source.services.watch((value) => {
      const reading = value.get(nameOf("cart"));
      if (reading?.kind === "seen" && source.disturbedUntilMs.value === 0) calmReadings.push(reading.reading.endpoints.size);
    });
    server.become("serving");
    clock.advance(10_000);
    expect(calmReadings).toEqual([]);
  });

  test("an expired session keeps the age of the loss and says so", () => {
    const { clock, server, source } = zookeeperUnderTest([CART_PATH], CART_OF_TWO);
    clock.advance(100);
    const causes: string[] = [];
    source.services.watch((value) => {
      const reading = value.get(nameOf("cart"));
      if (reading?.kind === "stale") causes.push(`${reading.sinceMs} ${reading.cause}`);
    });
    const sinceMs = clock.wallMs();
    server.expireSessions();
    clock.advance(10_000);
    expect(causes).toEqual([`${sinceMs} 10.9.0.1:2181: the server closed the connection`, `${sinceMs} the session expired`]);
  });

  test("never reached: services stay pending, and the listing says why", () => {
    const { clock, server, source, reading } = zookeeperUnderTest([CART_PATH, CURATOR_PATHS]);
    server.become("down");
    clock.advance(60_000);
    expect(reading("cart")).toEqual({ kind: "pending", cause: "10.9.0.1:2181: connection refused" });
    expect(source.listing.value).toEqual({ kind: "pending", cause: "10.9.0.1:2181: connection refused" });
  });

  test("without a star the services are known before anybody connects, and an unreachable server shows", () => {
    const { clock, server, source } = zookeeperUnderTest();
    expect(source.listing.value).toEqual({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
    server.become("down");
    clock.advance(60_000);
    expect(source.listing.value).toMatchObject({ kind: "stale", cause: "10.9.0.1:2181: connection refused" });
  });
});

type Step =
  | "cut"
  | "expire"
  | "down"
  | "up"
  | "wait"
  | { readonly create: number }
  | { readonly delete: number }
  | { readonly set: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.constantFrom<Step>("cut", "expire", "down", "up", "wait"),
    fc.nat(5).map((index): Step => ({ create: index })),
    fc.nat(5).map((index): Step => ({ delete: index })),
    fc.nat(5).map((index): Step => ({ set: index })),
  ),
  { maxLength: 40 },
);

test("any interleaving of changes and faults ends at the truth, and no complete reading ever lacks a member that always was there", () => {
  fc.assert(
    fc.property(steps, fc.array(fc.nat(40), { minLength: 40, maxLength: 40 }), (script, pauses) => {
      const { clock, server, source, ids } = zookeeperUnderTest([CURATOR_PATHS], (fake) =>
        fake.create("/services/shop/always", curatorJson(1)),
      );
      const truth = new Map<number, number>();
      const wrong: unknown[] = [];
      source.services.watch((value) => {
        const shop = value.get(nameOf("shop"));
        if (shop?.kind === "seen" && ![...shop.reading.endpoints.keys()].some((id) => id === "10.0.0.1:1")) wrong.push(shop);
      });
      clock.advance(10);
      script.forEach((step, index) => {
        if (step === "cut") server.cut();
        else if (step === "expire") server.expireSessions();
        else if (step === "down") server.become("down");
        else if (step === "up") server.become("serving");
        else if (step !== "wait") change(step, truth, server);
        clock.advance(pauses[index] ?? 1);
      });
      server.become("serving");
      clock.advance(60_000);
      expect(ids("shop")).toEqual(["10.0.0.1:1", ...[...truth.values()].map((port) => `10.0.0.1:${port}`)].sort());
      expect(wrong).toEqual([]);
      void source.close();
      expect(clock.pendingCount).toBe(0);
    }),
    { numRuns: 200 },
  );
});

function change(step: Exclude<Step, string>, truth: Map<number, number>, server: ReturnType<typeof zookeeperUnderTest>["server"]): void {
  if ("create" in step && !truth.has(step.create)) {
    truth.set(step.create, 1_000 + step.create);
    server.create(`/services/shop/${step.create}`, curatorJson(1_000 + step.create));
  } else if ("delete" in step && truth.delete(step.delete)) {
    server.delete(`/services/shop/${step.delete}`);
  } else if ("set" in step && truth.has(step.set)) {
    const port = (truth.get(step.set) ?? 0) + 1_000;
    truth.set(step.set, port);
    server.set(`/services/shop/${step.set}`, curatorJson(port));
  }
}
