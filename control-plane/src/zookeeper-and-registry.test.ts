// What the ZooKeeper source doubts and what the registry holds, together.

import { newMetrics } from "@fairlead/shared";
import { RecordedLog } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import type { FakeZooKeeper } from "./discovery/zookeeper/testing/fake-zookeeper.js";
import { CART_PATH, nameOf, zookeeperUnderTest } from "./discovery/zookeeper/testing/zookeeper-under-test.js";
import { Records } from "./records/index.js";
import { LiveRegistry, type RememberedService } from "./registry/index.js";
import { settingsWith } from "./snapshot/testing/settings.js";

const CART = nameOf("cart");
const members = (count: number) => (server: FakeZooKeeper) => {
  for (let index = 0; index < count; index++) server.create(`/members/cart/${index}`, `10.0.0.${index + 1}:80`);
};

function registryOver({ clock, source }: ReturnType<typeof zookeeperUnderTest>, remembered = new Map<typeof CART, RememberedService>()) {
  const records = new Records(clock);
  const { confirmations } = records;
  const registry = new LiveRegistry({ clock, log: new RecordedLog(), metrics: newMetrics(), confirmations, remembered });
  registry.configure({ sources: [source], services: new Map(), defaults: settingsWith() });
  return {
    published: () => registry.services.value.get(CART)?.endpoints.size,
    endpoints: () => [...(registry.services.value.get(CART)?.endpoints.values() ?? [])],
    /** As the control plane does it. */
    confirm: () => {
      source.confirmed?.(CART);
      records.confirm(CART, { author: "ops", reason: "seen it" });
    },
  };
}

test("an operator ends the freeze of a mostly malformed path: who left by then leaves, and the next one as usual", () => {
  const zookeeper = zookeeperUnderTest([CART_PATH], members(10));
  const { clock, server } = zookeeper;
  const { published, confirm } = registryOver(zookeeper);
  clock.advance(100);
  for (let index = 0; index < 8; index += 1) server.set(`/members/cart/${index}`, "v2|garbage");
  clock.advance(3_600_000);
  expect(published()).toBe(10);
  confirm();
  expect(published()).toBe(2);
  server.create("/members/cart/new", "10.0.0.99:80");
  clock.advance(100);
  server.delete("/members/cart/8");
  clock.advance(2_000);
  expect(published()).toBe(2);
});

test("a fleet that moves to host names, which are not followed, stays where it was", () => {
  const zookeeper = zookeeperUnderTest([CART_PATH], members(10));
  const { clock, server } = zookeeper;
  const { published } = registryOver(zookeeper);
  clock.advance(100);
  for (let index = 0; index < 10; index += 1) {
    server.set(`/members/cart/${index}`, `web-${index}.internal:80`);
    clock.advance(10);
  }
  clock.advance(3_600_000);
  expect(published()).toBe(10);
});

test("a control plane that restarts while ZooKeeper comes back from a wipe removes nobody who is not back yet", () => {
  const before = zookeeperUnderTest([CART_PATH], members(10));
  const earlier = registryOver(before);
  before.clock.advance(100);
  const remembered = new Map([[CART, { endpoints: earlier.endpoints() }]]);
  const zookeeper = zookeeperUnderTest([CART_PATH], members(6), { floor: 1n });
  const { clock, server } = zookeeper;
  const { published } = registryOver(zookeeper, remembered);
  clock.advance(50_000);
  expect(published()).toBe(10);
  for (let index = 6; index < 9; index++) server.create(`/members/cart/${index}`, `10.0.0.${index + 1}:80`);
  clock.advance(12_000);
  expect(published()).toBe(9);
});
