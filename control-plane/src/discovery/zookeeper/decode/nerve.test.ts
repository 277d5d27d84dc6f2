import { describe, expect, test } from "vitest";
import { decodeNerve } from "./nerve.js";

const GOOD = { host: "10.0.0.1", port: 8080, name: "i-1" };

function decoded(name: string, data: unknown) {
  const result = decodeNerve({ path: `/nerve/${name}`, name, data: Buffer.from(typeof data === "string" ? data : JSON.stringify(data)) });
  return result.ok ? result.value : `${result.error.kind}: ${result.error.reason}`;
}

/** As Nerve spells it with `use_path_encoding`. */
function encoded(value: unknown, sequence = "0000000007"): string {
  const text = Buffer.from(JSON.stringify(value)).toString("base64url");
  return `base64_${text.length}_${text}_${sequence}`;
}

test("Yelp's example", () => {
  const data = '{"host":"10.0.0.123","port":31337,"name":"server_1","weight":10}';
  expect(decoded("server_1_0000013614", data)).toEqual({
    ...{ id: "10.0.0.123:31337", ip: "10.0.0.123", port: 31_337, weight: 10, zone: "default", instance: "server_1" },
    place: "/nerve/server_1_0000013614",
  });
});

test("all of it: labels, zone, options of HAProxy", () => {
  const data = { ...GOOD, weight: 5, haproxy_server_options: "backup", labels: { az: "us-east-1a", team: "shop" } };
  expect(decoded("i-1_0000000001", data)).toMatchObject({
    ...{ weight: 5, zone: "us-east-1a", priority: 1 },
    metadata: { az: "us-east-1a", haproxy_server_options: "backup", team: "shop" },
  });
});

test.each([
  ["weight 0 drains", { weight: 0 }, { weight: 0, draining: "weight 0" }],
  ["a quoted port", { port: "8080" }, { id: "10.0.0.1:8080" }],
  ["the weight among HAProxy's options", { haproxy_server_options: "check weight 7" }, { weight: 7 }],
  ["its own weight comes first", { weight: 3, haproxy_server_options: "weight 7" }, { weight: 3 }],
  ["disabled drains", { haproxy_server_options: "disabled" }, { draining: 'haproxy_server_options "disabled"' }],
  ["null fields", { weight: null, haproxy_server_options: null, labels: null }, { weight: 100 }],
])("%s", (_, more, expected) => {
  expect(decoded("i-1_0000000001", { ...GOOD, ...more })).toMatchObject(expected);
});

describe("a name that holds the registration", () => {
  test("is read instead of the data", () => {
    expect(decoded(encoded({ ...GOOD, labels: { zone: "a" } }), "")).toMatchObject({ id: "10.0.0.1:8080", zone: "a", instance: "i-1" });
  });

  test("may have underscores in its base64", () => {
    const name = encoded({ ...GOOD, name: "ÿÿÿ~~~???" });
    expect(name.split("_").length).toBeGreaterThan(4);
    expect(decoded(name, "")).toMatchObject({ id: "10.0.0.1:8080" });
  });

  test("that holds nothing falls back to the data, and is the one to blame when there is none", () => {
    expect(decoded("base64_4_!!!!_0000000001", GOOD)).toMatchObject({ id: "10.0.0.1:8080" });
    expect(decoded("base64_4_!!!!_0000000001", "")).toBe("malformed: no data");
    expect(decoded("base64_3_abcdef_0000000001", "")).toMatch(/^malformed: data .* is not JSON$/);
  });
});

test("without host or port it is malformed", () => {
  expect(decoded("a", { port: 80 })).toBe("malformed: address (absent) is not an IP address");
  expect(decoded("a", { host: "10.0.0.1" })).toBe("malformed: port (absent) is not a number of 1 to 65535");
});
