import { expect, test } from "vitest";
import { decoderOf } from "./decoder.js";

const decode = decoderOf({ format: "host-port", port: "main" });
const decoded = (name: string, data: string) => {
  const result = decode({ path: `/members/${name}`, name, data: Buffer.from(data) });
  return result.ok ? result.value.endpoints.map(({ id }) => id).join() : `${result.error.kind}: ${result.error.reason}`;
};

test.each([
  ["data of the form ip:port decides", "member_0000000001", "10.0.0.1:80", "10.0.0.1:80"],
  ["a newline at its end is no matter", "a", "10.0.0.1:80\n", "10.0.0.1:80"],
  ["IPv6 in brackets becomes canonical", "a", "[2001:DB8::0:1]:80", "[2001:db8::1]:80"],
  ["loopback is an address like any other", "a", "127.0.0.1:80", "127.0.0.1:80"],
  ["empty data: the name", "10.0.0.2:81", "", "10.0.0.2:81"],
  ["Curator's default data, the registering host's IP: the name", "10.0.0.2:81", "192.0.2.7", "10.0.0.2:81"],
  ["data wins over the name", "10.0.0.2:81", "10.0.0.3:82", "10.0.0.3:82"],
  [
    "a host name is not resolved",
    "a",
    "web-1:80",
    'malformed: "web-1" is a host name, which is not resolved here: register the IP address, or add the name to a dns source',
  ],
  [
    "a sequential name is no address",
    "10.0.0.1:800000000012",
    "",
    'malformed: no data, and the name "10.0.0.1:800000000012" is not host:port',
  ],
  ["port 0", "a", "10.0.0.1:0", 'malformed: data "10.0.0.1:0" is not host:port, nor is the name'],
  ["garbage", "a", "\u0000\u0001", 'malformed: data "\\u0000\\u0001" is not host:port, nor is the name'],
])("%s", (_, name, data, expected) => {
  expect(decoded(name, data)).toBe(expected);
});

test("the place is the znode, and there is no instance", () => {
  const result = decode({ path: "/members/a_0000000003", name: "a_0000000003", data: Buffer.from("10.0.0.1:80") });
  expect(result).toEqual({
    ok: true,
    value: {
      endpoints: [{ id: "10.0.0.1:80", ip: "10.0.0.1", port: 80, weight: 100, zone: "default", place: "/members/a_0000000003" }],
    },
  });
});
