import type { ServiceName } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { FakeZooKeeper } from "./testing/fake-zookeeper.js";
import { CART_PATH, nameOf, zookeeperUnderTest } from "./testing/zookeeper-under-test.js";

function members(count: number) {
  return (server: FakeZooKeeper) => {
    for (let index = 0; index < count; index++) server.create(`/members/cart/m${index}`, `10.0.0.${index + 1}:80`);
  };
}

describe("the disturbance window", () => {
  test("has begun before the first reading after a return, and ends by itself", async () => {
    const { clock, server, source, metrics, log } = zookeeperUnderTest([CART_PATH], members(3));
    clock.advance(1_000);
    const windows: (readonly [kind: string, open: boolean])[] = [];
    source.services.watch((all) => {
      const kind = all.get(nameOf("cart"))?.kind ?? "none";
      windows.push([kind, source.disturbedUntilMs.value > clock.wallMs()]);
    });
    server.cut();
    server.delete("/members/cart/m0");
    clock.advance(2_000);
    expect(windows).toEqual([
      ["seen", false],
      ["stale", false],
      ["seen", true],
    ]);
    expect(log.count("zookeeper-disturbed")).toBe(1);
    expect(await metrics.expose()).toContain('fairlead_zookeeper_disturbances_total{source="zk"} 1');
    clock.advance(60_000);
    expect(source.disturbedUntilMs.value).toBe(0);
  });

  test("does not begin when one of a few leaves", () => {
    const { clock, server, source } = zookeeperUnderTest([CART_PATH], members(3));
    clock.advance(1_000);
    server.delete("/members/cart/m0");
    clock.advance(1_000);
    expect(source.disturbedUntilMs.value).toBe(0);
  });
});

describe("a server restored from a backup", () => {
  function restored() {
    const it = zookeeperUnderTest([CART_PATH], members(3));
    const backup = it.server.copy();
    it.server.create("/members/cart/newest", "10.0.0.99:80");
    it.server.delete("/members/cart/m0");
    it.clock.advance(1_000);
    it.replaceServer(backup);
    it.server.become("down");
    it.clock.advance(30_000);
    return it;
  }

  test("changes nothing: what was seen stays, stale, with the reason", () => {
    const { ids, reading, source } = restored();
    expect(ids("cart")).toEqual(["10.0.0.2:80", "10.0.0.3:80", "10.0.0.99:80"]);
    const cause = expect.stringContaining("server 10.9.0.1:2181 is behind: zxid 0x10");
    expect(reading("cart")).toMatchObject({ kind: "stale", cause });
    expect(source.listing.value).toMatchObject({ kind: "stale", cause });
    expect(source.detail?.()).toMatchObject({ session: "expired", zxidFloor: "0x107", outstandingReads: 0 });
  });

  test("is believed after a while, in a disturbed source, with what it says of every znode", async () => {
    const { clock, ids, source, metrics } = restored();
    clock.advance(660_000);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
    expect(source.detail?.()).toMatchObject({ session: "connected", floorGivenUp: expect.stringMatching(/ by time$/) });
    expect(await metrics.expose()).toContain('fairlead_zookeeper_floors_given_up_total{source="zk",because="time"} 1');
  });

  test("is believed when an operator confirms a service it gives, no other", () => {
    const { clock, ids, source } = restored();
    source.confirmed?.("other" as ServiceName);
    clock.advance(60_000);
    expect(ids("cart")).toContain("10.0.0.99:80");
    source.confirmed?.("cart" as ServiceName);
    clock.advance(1_000);
    expect(ids("cart")).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
    expect(source.disturbedUntilMs.value).toBeGreaterThan(clock.wallMs());
  });
});

test("a chroot stands before every path, and in every place", () => {
  const path = { ...CART_PATH, path: "/cart" };
  const { clock, endpoint } = zookeeperUnderTest([path], members(1), { chroot: "/members" });
  clock.advance(1_000);
  expect(endpoint("cart", "10.0.0.1:80")?.place).toBe("/members/cart/m0");
});

test("reads on their way are counted, until the source is closed", async () => {
  const { clock, source, metrics } = zookeeperUnderTest([CART_PATH], members(150));
  clock.advance(3);
  expect(await metrics.expose()).toContain('fairlead_zookeeper_reads{source="zk",state="outstanding"} 100\n');
  expect(await metrics.expose()).toContain('fairlead_zookeeper_reads{source="zk",state="waiting"} 50\n');
  await source.close();
  expect(await metrics.expose()).not.toContain("fairlead_zookeeper_reads{");
});
