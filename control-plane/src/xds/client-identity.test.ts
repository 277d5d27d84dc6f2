import { describe, expect, test } from "vitest";
import { type ClientIdentity, identityOf, nodeRefusal } from "./client-identity.js";

const SPIFFE = "spiffe://mesh/ns/web/sa/shop";

describe("whom a certificate names", () => {
  test.each<[string, string | undefined, unknown, ClientIdentity | undefined]>([
    ["its URI before everything else", `DNS:a.b, URI:${SPIFFE}`, "cn", { kind: "uri", names: [SPIFFE] }],
    [
      "its DNS name before the common name, in lower case",
      "IP Address:10.0.0.1, DNS:Web.Internal",
      "cn",
      { kind: "dns", names: ["web.internal"] },
    ],
    ["all names of the first kind", "DNS:a, DNS:b", "cn", { kind: "dns", names: ["a", "b"] }],
    ["its common name where there is nothing else", undefined, "web-1", { kind: "common-name", names: ["web-1"] }],
    ["its common name beside an address", "IP Address:10.0.0.1", "web-1", { kind: "common-name", names: ["web-1"] }],
    ["nobody without a name", "IP Address:10.0.0.1", undefined, undefined],
    ["nobody with two common names", undefined, ["a", "b"], undefined],
    ["nobody by a wildcard, which names many", "DNS:*.internal", undefined, undefined],
    ["nobody by an empty name", "DNS:", "", undefined],
    ["nobody by a name that holds another entry", 'DNS:"a, URI:spiffe://mesh/ns/web"', undefined, undefined],
    ["the rest beside such a name", 'DNS:"a, DNS:b", DNS:c', undefined, { kind: "dns", names: ["c"] }],
    ["nobody by a name with a space", undefined, "web 1", undefined],
    ["nobody by a name beyond reason", undefined, "a".repeat(513), undefined],
  ])("%s", (_, alternativeNames, commonName, identity) => {
    expect(identityOf({ alternativeNames, commonName })).toEqual(identity);
  });
});

const uri = (...names: [string, ...string[]]): ClientIdentity => ({ kind: "uri", names });
const dns = (...names: [string, ...string[]]): ClientIdentity => ({ kind: "dns", names });

describe("without rules a node is called after its certificate", () => {
  test.each<[ClientIdentity, string, boolean]>([
    [dns("web"), "web", true],
    [dns("web"), "web-1", true],
    [dns("web"), "web.zone-a", true],
    [dns("web"), "web/1", true],
    [dns("web"), "web1", false],
    [dns("web"), "we", false],
    [dns("web"), "webby-1", false],
    [dns("web"), "other", false],
    [dns("web"), "my-web", false],
    [dns("web", "shop"), "shop-1", true],
    [uri(SPIFFE), "shop", true],
    [uri(SPIFFE), "shop-7f9", true],
    [uri(SPIFFE), SPIFFE, true],
    [uri(SPIFFE), `${SPIFFE}/1`, true],
    [uri(SPIFFE), "web", false],
    [uri("spiffe://mesh"), "mesh", false],
    [uri("spiffe://mesh/"), "-1", false],
    [uri("https://mesh/shop"), "shop", false],
  ])("%j as %s: %s", (identity, nodeId, allowed) => {
    expect(nodeRefusal(identity, nodeId, undefined) === undefined).toBe(allowed);
  });

  test("the refusal says who asked for what, and what would be right", () => {
    expect(nodeRefusal(uri(SPIFFE), "cart-1", undefined)).toBe(
      `the certificate of ${SPIFFE} may not claim node id "cart-1": without xds.tls.clients it may be shop, or begin with that and one of / - .`,
    );
  });
});

describe("with rules the rules alone count", () => {
  const rules = [
    { identity: "spiffe://mesh/ns/web/*", nodes: ["web-*", "edge"] },
    { identity: "*.Shop.internal", nodes: ["shop-*-z*"] },
    { identity: "*", nodes: ["anybody"] },
  ];
  test.each<[ClientIdentity, string, boolean]>([
    [uri(SPIFFE), "web-1", true],
    [uri(SPIFFE), "edge", true],
    [uri(SPIFFE), "edge-1", false],
    [uri(SPIFFE), "shop", false],
    [uri("spiffe://mesh/ns/db/web"), "web-1", false],
    [dns("a.shop.internal"), "shop-1-z1", true],
    [dns("a.shop.internal"), "shop-z", false],
    [dns("a.shop.internal"), "shop-1-y1", false],
    [dns("shop.internal"), "shop-1-z1", false],
    [dns("x"), "anybody", true],
    [uri(SPIFFE), "anybody", false],
    [{ kind: "common-name", names: [SPIFFE] }, "web-1", false],
  ])("%j as %s: %s", (identity, nodeId, allowed) => {
    expect(nodeRefusal(identity, nodeId, rules) === undefined).toBe(allowed);
  });

  test("the refusal says what is allowed, or that nothing is", () => {
    expect(nodeRefusal(uri(SPIFFE), "cart", rules)).toBe(
      `the certificate of ${SPIFFE} may not claim node id "cart": xds.tls.clients allows it web-*, edge`,
    );
    expect(nodeRefusal(uri("spiffe://other/x"), "cart", rules)).toBe("the certificate of spiffe://other/x is not among xds.tls.clients");
  });

  test("a pattern of many stars and a long id take no time", () => {
    const startedAt = process.hrtime.bigint();
    nodeRefusal(dns("x"), "a".repeat(500), [{ identity: "x", nodes: [`${"*a".repeat(100)}*b`] }]);
    expect(Number(process.hrtime.bigint() - startedAt) / 1e6).toBeLessThan(100);
  });
});
