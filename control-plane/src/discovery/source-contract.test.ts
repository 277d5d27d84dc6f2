import { ok } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import type { StaticSourceSettings } from "../config/index.js";
import { fileUnderTest, settle as settleReads } from "./file/testing/file-under-test.js";
import { staticSource } from "./static/static-source.js";
import { sourceContract } from "./testing/source-contract.js";
import { CART_PATH, CURATOR_PATHS, curatorJson, nameOf, zookeeperUnderTest } from "./zookeeper/testing/zookeeper-under-test.js";

sourceContract("static", (addresses) => {
  const settings = (list: readonly string[]): StaticSourceSettings => ({
    type: "static",
    name: "fixed",
    services: new Map([[nameOf("shop"), list.map((address) => ({ address, weight: 100, zone: "default", place: "cp.yaml:1:1" }))]]),
  });
  const source = staticSource(settings(addresses));
  return {
    source,
    clock: new FakeClock(),
    announce: (list) => source.apply(settings(list)),
    breakWorld: undefined,
    mendWorld: () => undefined,
    settle: () => Promise.resolve(),
  };
});

sourceContract("file", (addresses) => {
  const text = (list: readonly string[]) => `shop=${list.join(",")}`;
  const { clock, file, source } = fileUnderTest(ok(text(addresses)));
  return {
    source,
    clock,
    announce: (list) => file.write(text(list)),
    breakWorld: () => file.vanish(),
    mendWorld: () => file.write(text(addresses)),
    settle: async () => {
      await settleReads();
      clock.advance(100);
    },
  };
});

for (const kind of ["host-port", "curator"] as const) {
  sourceContract(`zookeeper, ${kind}`, (addresses) => {
    const parent = kind === "curator" ? "/services/shop" : "/members/shop";
    const dataOf = (address: string) => (kind === "curator" ? curatorJson(80, { address: address.split(":")[0] }) : "");
    const paths = kind === "curator" ? CURATOR_PATHS : { ...CART_PATH, path: parent, service: "shop" };
    const present = new Set<string>();
    const { clock, server, source } = zookeeperUnderTest([paths], (fake) => {
      for (const address of addresses) fake.create(`${parent}/${address}`, dataOf(address));
      for (const address of addresses) present.add(address);
    });
    return {
      source,
      clock,
      announce: (list) => {
        for (const address of list) if (!present.has(address)) server.create(`${parent}/${address}`, dataOf(address));
        for (const address of present) if (!list.includes(address)) server.delete(`${parent}/${address}`);
        present.clear();
        for (const address of list) present.add(address);
      },
      breakWorld: () => server.become("down"),
      mendWorld: () => server.become("serving"),
      settle: async () => clock.advance(8_000),
    };
  });
}
