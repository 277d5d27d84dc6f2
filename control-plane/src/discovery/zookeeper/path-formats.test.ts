// Paths of every format under change: what is published in between, and what it costs.

import { seeded } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { ZooKeeperPathSettings } from "../../config/index.js";
import type { Reading, ServiceReading } from "../source.js";
import { decoderOf } from "./decode/decoder.js";
import { PathMembers } from "./path-members.js";
import { HandDrivenReads } from "./testing/hand-driven-reads.js";
import { CART_PATH, CURATOR_PATHS, curatorJson, nameOf, zookeeperUnderTest } from "./testing/zookeeper-under-test.js";

const SERVER_SET: ZooKeeperPathSettings = { path: "/twitter/cart", service: "cart", format: "serverset", port: "main" };
const member = (port: number, more: object = {}) =>
  JSON.stringify({ serviceEndpoint: { host: "10.0.0.1", port }, additionalEndpoints: {}, status: "ALIVE", ...more });

/** Complete readings of a service from now on: the only ones that can remove. */
function completeReadings(source: ReturnType<typeof zookeeperUnderTest>["source"], service: string): Reading[] {
  const seen: Reading[] = [];
  source.services.watch((value) => {
    const reading: ServiceReading | undefined = value.get(nameOf(service));
    if (reading?.kind === "seen" && reading.reading.completeness.kind === "complete") seen.push(reading.reading);
  });
  return seen;
}

function tenMembers(server: { create(path: string, data: string): void }): void {
  for (let index = 0; index < 10; index += 1) server.create(`/members/cart/${index}`, `10.0.0.${index + 1}:80`);
}

describe("the same address under another znode's name", () => {
  test("is no event: Finagle makes a member anew to add an endpoint to it", () => {
    const { clock, server, source, endpoint } = zookeeperUnderTest([SERVER_SET], (fake) => {
      fake.create("/twitter/cart/member_0000000000", member(80, { shard: 0 }));
      fake.create("/twitter/cart/member_0000000001", member(81, { shard: 1 }));
    });
    clock.advance(100);
    const before = completeReadings(source, "cart").at(-1);
    const after = completeReadings(source, "cart");
    server.delete("/twitter/cart/member_0000000001");
    server.create(
      "/twitter/cart/member_0000000002",
      member(81, { shard: 1, additionalEndpoints: { "http-admin": { host: "10.0.0.1", port: 9 } } }),
    );
    clock.advance(1_000);
    expect(after.map(({ endpoints }) => [...endpoints.keys()].sort().join())).toEqual(after.map(() => "10.0.0.1:80,10.0.0.1:81"));
    expect(endpoint("cart", "10.0.0.1:81")?.place).toBe("/twitter/cart/member_0000000002");
    expect({ ...endpoint("cart", "10.0.0.1:81"), place: "" }).toEqual({ ...before?.endpoints.get("10.0.0.1:81" as never), place: "" });
  });

  test("is no event when Curator deletes and creates a whole fleet to register it again", () => {
    const { clock, server, source, reading } = zookeeperUnderTest([CURATOR_PATHS], (fake) => {
      for (let port = 1; port <= 50; port += 1) fake.create(`/services/shop/id-${port}`, curatorJson(port));
    });
    clock.advance(100);
    const before = reading("shop");
    const seen = completeReadings(source, "shop");
    for (let port = 1; port <= 50; port += 1) {
      server.delete(`/services/shop/id-${port}`);
      server.create(`/services/shop/id-${port}`, curatorJson(port));
    }
    clock.advance(5_000);
    const after = reading("shop");
    expect(seen.every(({ endpoints }) => endpoints.size === 50)).toBe(true);
    expect(before?.kind === "seen" && after?.kind === "seen" && after.reading.endpoints === before.reading.endpoints).toBe(true);
  });
});

describe("malformed members", () => {
  test("one is quarantined and costs the others nothing", () => {
    const { clock, server, reading, ids } = zookeeperUnderTest([CART_PATH], tenMembers);
    clock.advance(100);
    server.set("/members/cart/3", "garbage");
    clock.advance(100);
    expect(ids("cart")).toHaveLength(9);
    expect(reading("cart")).toMatchObject({ reading: { completeness: { kind: "complete" }, quarantined: [{ place: "/members/cart/3" }] } });
  });

  test("most are the source's fault: no reading is complete, it says so with a sample, and it is again once they can be read", () => {
    const { clock, server, source, reading, ids, log } = zookeeperUnderTest([CART_PATH], tenMembers);
    clock.advance(100);
    for (let index = 0; index < 8; index += 1) server.set(`/members/cart/${index}`, "v2|garbage");
    clock.advance(100);
    expect(reading("cart")).toMatchObject({
      reading: {
        completeness: {
          kind: "partial",
          reason:
            "/members/cart: 8 of 10 members are malformed, most of them, so the source is at fault: nothing is removed until they can be read " +
            '(/members/cart/0: data "v2|garbage" is not host:port, nor is the name)',
        },
      },
    });
    const seen = completeReadings(source, "cart");
    clock.advance(3_600_000);
    expect(seen).toEqual([]);
    for (let index = 0; index < 8; index += 1) server.set(`/members/cart/${index}`, `10.0.0.${index + 1}:80`);
    clock.advance(100);
    expect(seen.at(-1)?.endpoints.size).toBe(10);
    expect(ids("cart")).toHaveLength(10);
    expect([log.count("zookeeper-members-malformed"), log.count("zookeeper-members-readable")]).toEqual([1, 1]);
  });

  test("several of late freeze removals for five minutes at most, without a read in between", () => {
    const { clock, server, reading } = zookeeperUnderTest([CART_PATH], tenMembers);
    const kind = () => {
      const state = reading("cart");
      return state?.kind === "seen" ? state.reading.completeness.kind : state?.kind;
    };
    clock.advance(100);
    for (let index = 0; index < 3; index += 1) server.set(`/members/cart/${index}`, "garbage");
    clock.advance(100);
    expect(kind()).toBe("partial");
    clock.advance(299_000);
    expect(kind()).toBe("partial");
    clock.advance(1_100);
    expect(kind()).toBe("complete");
  });

  test("host names, which are not resolved here, empty nothing: a fleet that moves to them stays", () => {
    const { clock, server, ids, reading } = zookeeperUnderTest([CART_PATH], tenMembers);
    clock.advance(100);
    for (let index = 0; index < 10; index += 1) server.set(`/members/cart/${index}`, `web-${index}.internal:80`);
    clock.advance(100);
    expect(reading("cart")).toMatchObject({
      reading: { completeness: { kind: "partial", reason: expect.stringContaining("is a host name") } },
    });
    expect(ids("cart")).toEqual([]);
  });

  test("a path that begins unreadable is partial", () => {
    const { clock, reading } = zookeeperUnderTest([CART_PATH], (server) => server.create("/members/cart/a", "garbage"));
    clock.advance(100);
    expect(reading("cart")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "partial" } } });
  });

  test("leave no timer behind", async () => {
    const { clock, server, source } = zookeeperUnderTest([CART_PATH], tenMembers);
    clock.advance(100);
    for (let index = 0; index < 3; index += 1) server.set(`/members/cart/${index}`, "garbage");
    clock.advance(100);
    void source.close();
    expect(clock.pendingCount).toBe(0);
  });
});

describe("parents that vanish by themselves", () => {
  const SHOP = (server: { create(path: string, data: string): void }) => server.create("/services/shop/x", curatorJson(80));

  test("the service goes with its container, the listing stays complete, and both come back", () => {
    const { clock, server, source, ids } = zookeeperUnderTest([CURATOR_PATHS], SHOP);
    clock.advance(100);
    server.delete("/services/shop/x");
    clock.advance(100);
    expect(ids("shop")).toEqual([]);
    server.delete("/services/shop");
    clock.advance(100);
    expect([...source.services.value.keys()]).toEqual([]);
    server.delete("/services");
    clock.advance(100);
    expect(source.listing.value).toEqual({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
    SHOP(server);
    clock.advance(100);
    expect(ids("shop")).toEqual(["10.0.0.1:80"]);
  });

  test("a service without the part below the star is a complete, empty reading until that appears", () => {
    const dubbo: ZooKeeperPathSettings = { path: "/dubbo/*/providers", service: "{1}", format: "dubbo", port: "main" };
    const { clock, server, ids, reading } = zookeeperUnderTest([dubbo], (fake) => fake.create("/dubbo/com.example.shop/configurators"));
    clock.advance(100);
    expect(reading("com.example.shop")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
    server.create(`/dubbo/com.example.shop/providers/${encodeURIComponent("dubbo://10.0.0.1:20880/com.example.shop")}`, "192.0.2.1");
    clock.advance(100);
    expect(ids("com.example.shop")).toEqual(["10.0.0.1:20880"]);
  });
});

describe("services in lower case", () => {
  const D2: ZooKeeperPathSettings = { path: "/d2/uris/*", service: "{1:lower}", format: "d2", port: "main" };
  const uri = (port: number) => JSON.stringify({ weights: { [`http://10.0.0.1:${port}/`]: 1 } });

  test("are the children with capitals; of two that would be one service the other is quarantined", () => {
    const { clock, server, source, ids } = zookeeperUnderTest([D2], (fake) => {
      fake.create("/d2/uris/Shop/ephemoral-0000000000", uri(1));
      fake.create("/d2/uris/shop/ephemoral-0000000000", uri(2));
      fake.create("/d2/uris/Cart/ephemoral-0000000000", uri(3));
    });
    clock.advance(100);
    expect([ids("shop"), ids("cart")]).toEqual([["10.0.0.1:2"], ["10.0.0.1:3"]]);
    expect(source.listing.value).toMatchObject({
      completeness: { kind: "complete" },
      quarantined: [{ place: "/d2/uris/Shop", reason: "it would be shop, which is /d2/uris/shop already" }],
    });
    server.delete("/d2/uris/shop");
    clock.advance(100);
    expect(ids("shop")).toEqual(["10.0.0.1:1"]);
  });
});

test("a vector that appears weighs the members it selects, and one that goes lets go of them", () => {
  const { clock, server, endpoint } = zookeeperUnderTest([SERVER_SET], (fake) => {
    fake.create("/twitter/cart/member_0000000000", member(80, { shard: 0 }));
    fake.create("/twitter/cart/member_0000000001", member(81, { shard: 1 }));
  });
  clock.advance(100);
  const untouched = endpoint("cart", "10.0.0.1:81");
  server.create("/twitter/cart/vector_0000000002", JSON.stringify({ vector: [{ select: "shard=0", weight: 0.25 }] }));
  clock.advance(100);
  expect(endpoint("cart", "10.0.0.1:80")?.weight).toBe(25);
  expect(endpoint("cart", "10.0.0.1:81")).toBe(untouched);
  server.delete("/twitter/cart/vector_0000000002");
  clock.advance(100);
  expect(endpoint("cart", "10.0.0.1:80")?.weight).toBe(100);
});

describe("ten thousand members", () => {
  const COUNT = 9_999;
  const addressOf = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:80`;

  test("one more costs one list and one read, and is published alone", () => {
    const { clock, server, source, ids } = zookeeperUnderTest([CART_PATH], (fake) => {
      for (let index = 0; index < COUNT; index += 1) fake.create(`/members/cart/m${index}`, addressOf(index));
    });
    clock.advance(1_000);
    expect(ids("cart")).toHaveLength(COUNT);
    server.asked.length = 0;
    const seen = completeReadings(source, "cart");
    server.create("/members/cart/one-more", "10.9.9.9:80");
    clock.advance(1_000);
    expect(server.asked).toEqual(["children /members/cart", "data /members/cart/one-more"]);
    expect(seen.map(({ endpoints }) => endpoints.size)).toEqual([COUNT, COUNT + 1]);
  });

  test("one more, one changed and one gone decode two members, whatever is there", () => {
    const reads = new HandDrivenReads();
    const hostPort = decoderOf({ format: "host-port", port: "main" });
    let decoded = 0;
    const members = new PathMembers({
      ...{
        path: "/p",
        reads,
        clock: new FakeClock(),
        rng: seeded(1),
        maxMembers: 10_000,
        onChange: () => undefined,
        onLimit: () => undefined,
        onFault: () => undefined,
      },
      decode: (one) => {
        decoded += 1;
        return hostPort(one);
      },
    });
    const names = Array.from({ length: COUNT }, (_, index) => `m${index}`);
    members.connected(true);
    reads.list(0, names);
    names.forEach((_, index) => {
      reads.member(index, addressOf(index), 5n);
    });
    expect(members.view()).toMatchObject({ progress: "complete" });
    expect(decoded).toBe(COUNT);
    members.readList();
    reads.list(1, [...names.slice(1), "more"]);
    reads.member(COUNT, "10.9.9.9:80", 6n);
    members.readMember("m5");
    reads.member(COUNT + 1, "10.9.9.8:80", 7n);
    expect(reads.members).toHaveLength(COUNT + 2);
    expect(decoded).toBe(COUNT + 2);
    expect(members.view().endpoints).toHaveLength(COUNT);
    members.readEverything();
    reads.list(2, [...names.slice(1), "more"]);
    names.forEach((_, index) => {
      reads.member(COUNT + 2 + index, "not even looked at", 5n);
    });
    expect(decoded).toBe(COUNT + 2);
  });
});
