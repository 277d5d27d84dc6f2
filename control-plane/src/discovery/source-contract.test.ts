import { ok } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { type StaticSourceSettings, ZOOKEEPER_FORMATS, type ZooKeeperFormat } from "../config/index.js";
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

/** How a member is registered in each format: the name of its znode, and the data. */
const REGISTRATIONS: Readonly<Record<ZooKeeperFormat, (address: string) => { readonly name: string; readonly data: string }>> = {
  "host-port": (address) => ({ name: address, data: "" }),
  curator: (address) => ({ name: address, data: curatorJson(80, { address: hostOf(address) }) }),
  serverset: (address) => ({
    name: `member_${address}`,
    data: JSON.stringify({ serviceEndpoint: { host: hostOf(address), port: 80 }, additionalEndpoints: {}, status: "ALIVE" }),
  }),
  nerve: (address) => ({ name: `i_${address}`, data: JSON.stringify({ host: hostOf(address), port: 80, name: "i" }) }),
  d2: (address) => ({ name: `ephemoral-${address}`, data: JSON.stringify({ weights: { [`http://${address}/shop`]: 1 } }) }),
  dubbo: (address) => ({ name: encodeURIComponent(`dubbo://${address}/shop?side=provider`), data: "192.0.2.1" }),
};

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

for (const format of ZOOKEEPER_FORMATS) {
  sourceContract(`zookeeper, ${format}`, (addresses) => {
    const parent = "/services/shop";
    const registration = REGISTRATIONS[format];
    const paths = format === "curator" ? CURATOR_PATHS : { ...CART_PATH, path: parent, service: "shop", format };
    const present = new Set(addresses);
    const { clock, server, source } = zookeeperUnderTest([paths], (fake) => {
      for (const { name, data } of addresses.map(registration)) fake.create(`${parent}/${name}`, data);
    });
    return {
      source,
      clock,
      announce: (list) => {
        for (const address of list) {
          const { name, data } = registration(address);
          if (!present.has(address)) server.create(`${parent}/${name}`, data);
        }
        for (const address of present) if (!list.includes(address)) server.delete(`${parent}/${registration(address).name}`);
        present.clear();
        for (const address of list) present.add(address);
      },
      breakWorld: () => server.become("down"),
      mendWorld: () => server.become("serving"),
      settle: async () => clock.advance(8_000),
    };
  });
}
