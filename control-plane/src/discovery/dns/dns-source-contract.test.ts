import { sourceContract } from "../testing/source-contract.js";
import { address, dnsName, dnsUnderTest, type FakeResolver, soa, srv } from "./testing/fake-resolver.js";

sourceContract("dns", (addresses) => {
  const says =
    (list: readonly string[]): FakeResolver["say"] =>
    ({ name }) => ({
      answers: list.map((each) => address(name, each.replace(/:80$/, ""), 5)),
      authorities: list.length === 0 ? [soa(5, 5)] : [],
    });
  const { source, clock, resolver, pass } = dnsUnderTest([dnsName("shop", "shop.example")], says(addresses));
  return {
    source,
    clock,
    announce: (list) => {
      resolver.say = says(list);
    },
    breakWorld: () => {
      resolver.say = () => "no answer";
    },
    mendWorld: () => {
      resolver.say = says(addresses);
    },
    // Longer than a TTL, than the three answers that an absence takes and than the longest wait after a few failures.
    settle: () => pass(14_000),
  };
});

sourceContract("dns, SRV", (addresses) => {
  const SRV = "_http._tcp.shop.example";
  const says =
    (list: readonly string[]): FakeResolver["say"] =>
    ({ name, type }) => {
      const hosts = list.map((each) => each.replace(/:80$/, ""));
      if (type === "SRV") return { answers: hosts.map((ip) => srv(SRV, [1, 1, 80, `h${ip}.example`], 5)), authorities: [soa(5, 5)] };
      const ip = hosts.find((host) => name === `h${host}.example`);
      return type === "A" && ip !== undefined ? { answers: [address(name, ip, 5)] } : { authorities: [soa(5, 5)] };
    };
  const { source, clock, resolver, pass } = dnsUnderTest([dnsName("shop", SRV, undefined, "SRV")], says(addresses));
  return {
    source,
    clock,
    announce: (list) => {
      resolver.say = says(list);
    },
    breakWorld: () => {
      resolver.say = () => "no answer";
    },
    mendWorld: () => {
      resolver.say = says(addresses);
    },
    settle: () => pass(14_000),
  };
});
