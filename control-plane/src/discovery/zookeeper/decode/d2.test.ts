import { expect, test } from "vitest";
import { d2Decoder } from "./d2.js";

const URI = "http://10.0.0.1:8080/shop";

function decoded(announced: unknown, scheme?: "http" | "https", name = "ephemoral-0000000001") {
  const result = d2Decoder(scheme)({ path: `/d2/uris/Shop/${name}`, name, data: Buffer.from(JSON.stringify(announced)) });
  return result.ok ? result.value : `${result.error.kind}: ${result.error.reason}`;
}
const weightOf = (weight: number) => ({ endpoints: [{ id: "10.0.0.1:8080", weight }] });

test.each([
  ["partitionDesc wins over weights", { weights: { [URI]: 9 }, partitionDesc: { [URI]: { 0: { weight: 2 } } } }, 200],
  ["weights alone", { weights: { [URI]: 0.5 } }, 50],
  ["an empty partitionDesc is none", { weights: { [URI]: 0.5 }, partitionDesc: {} }, 50],
  ["partitions add up", { partitionDesc: { [URI]: { 0: { weight: 1 }, 2: { weight: 2.5 } } } }, 350],
  ["above 0 stays above 0", { weights: { [URI]: 1e-9 } }, 1],
  ["beyond the scale is its end", { weights: { [URI]: 1e9 } }, 10_000],
  ["0 drains", { weights: { [URI]: 0 } }, 0],
])("weight: %s", (_, announced, weight) => {
  expect(decoded(announced)).toMatchObject(weightOf(weight));
});

test("one znode may announce several URIs, and a scheme chooses among them", () => {
  const two = { weights: { [URI]: 1, "https://10.0.0.1:8443/shop": 1 } };
  expect(decoded(two)).toMatchObject({ endpoints: [{ id: "10.0.0.1:8080" }, { id: "10.0.0.1:8443" }] });
  expect(decoded(two, "https")).toMatchObject({ endpoints: [{ id: "10.0.0.1:8443" }] });
  expect(decoded({ weights: { [URI]: 1 } }, "https")).toEqual({ endpoints: [] });
});

test("an unusable URI beside a good one is left out with its reason", () => {
  expect(decoded({ weights: { [URI]: 1, "http://web-1:80": 1 } })).toMatchObject({
    endpoints: [{ id: "10.0.0.1:8080" }],
    leftOut: { kind: "malformed", reason: expect.stringContaining('"web-1" is a host name') },
  });
});

test("properties of the URI: zone, doNotLoadBalance, and the rest as metadata", () => {
  const properties = { zone: "eu-1a", "com.linkedin.app.version": "1.2.3", doNotLoadBalance: true };
  expect(decoded({ weights: { [URI]: 1 }, uriSpecificProperties: { [URI]: properties } })).toMatchObject({
    endpoints: [
      {
        zone: "eu-1a",
        draining: "doNotLoadBalance",
        metadata: { "com.linkedin.app.version": "1.2.3", doNotLoadBalance: "true", zone: "eu-1a" },
      },
    ],
  });
});

test.each([
  ["IPv6", "http://[2001:db8::1]:80/", "[2001:db8::1]:80"],
  ["no port: that of the scheme", "https://10.0.0.1/x", "10.0.0.1:443"],
  ["capitals", "HTTP://10.0.0.1:80", "10.0.0.1:80"],
])("%s", (_, uri, id) => {
  expect(decoded({ weights: { [uri]: 1 } })).toMatchObject({ endpoints: [{ id }] });
});

test.each([
  ["neither weights nor partitions", { clusterName: "C" }, 'malformed: neither partitionDesc nor weights: fields are ["clusterName"]'],
  ["a weight that is none", { weights: { [URI]: "1" } }, `malformed: weight of "${URI}" is "1"`],
  ["a negative weight", { weights: { [URI]: -1 } }, `malformed: weight of "${URI}" is -1`],
  ["partitions that are none", { partitionDesc: { [URI]: 1 } }, `malformed: weight of "${URI}" is 1`],
  ["no URI", { weights: { shop: 1 } }, 'malformed: "shop" is not a URI with a host'],
])("%s is refused", (_, announced, error) => {
  expect(decoded(announced)).toBe(error);
});

test("a symbolic link is not followed, and its reason says what to do", () => {
  expect(decoded("/d2/uris/Shop-1", undefined, "$ShopMaster")).toBe(
    'unusable: "$ShopMaster" is a symbolic link of D2, which is not followed: name the cluster it points to',
  );
});
