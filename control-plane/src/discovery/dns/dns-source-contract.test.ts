import { sourceContract } from "../testing/source-contract.js";
import { address, dnsName, dnsUnderTest, type FakeResolver, soa, srv } from "./testing/fake-resolver.js";

type Says = FakeResolver["say"];

/** The same for every type: `says` is how a zone with these addresses answers. */
function contractFor(name: string, asked: ReturnType<typeof dnsName>, says: (addresses: readonly string[]) => Says): void {
  sourceContract(name, (addresses) => {
    const { source, clock, resolver, pass } = dnsUnderTest([asked], says(addresses));
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
}

contractFor("dns", dnsName("shop", "shop.example"), (list) => ({ name }) => ({
  answers: list.map((each) => address(name, each.replace(/:80$/, ""), 5)),
  authorities: list.length === 0 ? [soa(5, 5)] : [],
}));

const SRV = "_http._tcp.shop.example";

contractFor("dns, SRV", dnsName("shop", SRV, undefined, "SRV"), (list) => ({ name, type }) => {
  const hosts = list.map((each) => each.replace(/:80$/, ""));
  if (type === "SRV") return { answers: hosts.map((ip) => srv(SRV, [1, 1, 80, `h${ip}.example`], 5)), authorities: [soa(5, 5)] };
  const ip = hosts.find((host) => name === `h${host}.example`);
  return type === "A" && ip !== undefined ? { answers: [address(name, ip, 5)] } : { authorities: [soa(5, 5)] };
});
