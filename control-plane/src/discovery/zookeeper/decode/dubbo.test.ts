import { expect, test } from "vitest";
import { dubboDecoder } from "./dubbo.js";

function decodedName(name: string, protocol?: string) {
  const result = dubboDecoder(protocol)({ path: "/dubbo/com.example.Shop/providers/x", name, data: Buffer.from("192.0.2.1") });
  return result.ok ? result.value.endpoints : `${result.error.kind}: ${result.error.reason}`;
}
/** As Java's URLEncoder writes it, well enough. */
const decoded = (url: string, protocol?: string) => decodedName(encodeURIComponent(url).replaceAll("%20", "+"), protocol);
const PROVIDER = "dubbo://10.0.0.1:20880/com.example.Shop";

test("the name is the record, and the data (the registering host's own address) is not read", () => {
  expect(decoded(`${PROVIDER}?application=shop&side=provider&timestamp=1795359265723`)).toEqual([
    {
      ...{ id: "10.0.0.1:20880", ip: "10.0.0.1", port: 20_880, weight: 100, zone: "default", instance: "1795359265723" },
      metadata: { application: "shop", protocol: "dubbo", side: "provider", timestamp: "1795359265723" },
      place: "/dubbo/com.example.Shop/providers/x",
    },
  ]);
});

test.each([
  ["weight", "weight=50", { weight: 50 }],
  ["weight 0", "weight=0", { weight: 0, draining: "weight 0" }],
  ["a weight that is none", "weight=many", { weight: 100 }],
  ["zone", "zone=eu-1a", { zone: "eu-1a" }],
  ["disabled", "disabled=true", { draining: "registered as disabled" }],
  ["not enabled", "enabled=false", { draining: "registered as disabled" }],
  ["dynamic=false is a provider like any other", "dynamic=false", { metadata: { dynamic: "false" } }],
  ["a space and an accent", "note=a b/é", { metadata: { note: "a b/é" } }],
  ["a value with =", "a=b=c", { metadata: { a: "b=c" } }],
  ["a parameter without a value", "flag&weight=7", { weight: 7 }],
  ["a name that objects have", "__proto__=1&toString=2", { weight: 100 }],
])("parameters: %s", (_, query, expected) => {
  expect(decoded(`${PROVIDER}?${query}`)).toMatchObject([expected]);
});

test("what is encoded twice is decoded once", () => {
  expect(decoded(`${PROVIDER}?note=${encodeURIComponent("a&weight=7")}`)).toMatchObject([
    { weight: 100, metadata: { note: "a%26weight%3D7" } },
  ]);
});

test("a chosen protocol leaves the znodes of the others without a word", () => {
  expect(decoded("tri://10.0.0.1:50051/com.example.Shop", "tri")).toMatchObject([{ id: "10.0.0.1:50051" }]);
  expect(decoded(PROVIDER, "tri")).toEqual([]);
});

test.each([
  ["IPv6", "dubbo://[2001:DB8::1]:20880/s", "[2001:db8::1]:20880"],
  ["IPv6 without brackets", "dubbo://2001:db8::1:20880/s", "[2001:db8::1]:20880"],
  ["a user", "dubbo://user:secret@10.0.0.1:20880/s", "10.0.0.1:20880"],
  ["no path", "dubbo://10.0.0.1:20880?weight=1", "10.0.0.1:20880"],
])("%s", (_, url, id) => {
  expect(decoded(url)).toMatchObject([{ id }]);
});

test.each([
  [
    "a % that encodes nothing",
    "dubbo%3A%2F%2F10.0.0.1%3A20880%zz",
    'malformed: the name "dubbo%3A%2F%2F10.0.0.1%3A20880%zz" has a % that encodes nothing',
  ],
  ["bytes that are no UTF-8", "dubbo%3A%2F%2F%FF", 'malformed: the name "dubbo%3A%2F%2F%FF" has a % that encodes nothing'],
  ["no URL", "10.0.0.1%3A20880", 'malformed: the name "10.0.0.1:20880" is not a provider\'s URL'],
  ["no port", "dubbo%3A%2F%2F10.0.0.1%2Fs", 'malformed: "10.0.0.1" is not host:port'],
  ["a consumer", "consumer%3A%2F%2F10.0.0.1%2Fs", "unusable: a consumer URL is no provider: the path must end in /providers"],
])("%s is refused", (_, name, error) => {
  expect(decodedName(name)).toBe(error);
});
