import { describe, expect, test } from "vitest";
import { parseNameservers } from "./resolv-conf.js";

describe("resolv.conf", () => {
  test("gives its nameservers in order and ignores everything else", () => {
    const text =
      "# nameserver 9.9.9.9\nsearch a.example b.example\nnameserver 10.0.0.2\n nameserver\tfd00::53 # ours\nnameserver\noptions ndots:5\r\n";
    expect(parseNameservers(text)).toEqual(["10.0.0.2:53", "[fd00::53]:53"]);
  });

  test("passes over what is no address, and stops at the three the system would use", () => {
    expect(parseNameservers("nameserver dns.example\nnameserver fe80::1%eth0\nnameserver 10.0.0.300\r\nnameserver 10.0.0.3\r\n")).toEqual([
      "10.0.0.3:53",
    ]);
    expect(parseNameservers([1, 2, 3, 4].map((host) => `nameserver 10.0.0.${host}`).join("\n"))).toHaveLength(3);
  });
});
