import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ZOOKEEPER_FORMATS, type ZooKeeperFormat } from "../../../config/index.js";
import { MAX_METADATA_KEYS } from "../../metadata.js";
import { type Announcement, decoderOf } from "./decoder.js";

/** A good registration of 10.0.0.1:8080 in each format: the znode's name, and its data as JSON or text. */
const GOOD: Readonly<Record<ZooKeeperFormat, { readonly name: string; readonly data: unknown }>> = {
  "host-port": { name: "a", data: "10.0.0.1:8080" },
  curator: { name: "a0000000001", data: { id: "a", address: "10.0.0.1", port: 8080, sslPort: null, payload: null } },
  serverset: {
    name: "member_0000000001",
    data: { serviceEndpoint: { host: "10.0.0.1", port: 8080 }, additionalEndpoints: {}, status: "ALIVE" },
  },
  nerve: { name: "i-1_0000000001", data: { host: "10.0.0.1", port: 8080, name: "i-1" } },
  d2: { name: "ephemoral-0000000001", data: { clusterName: "C", weights: { "http://10.0.0.1:8080/c": 1.0 } } },
  dubbo: { name: encodeURIComponent("dubbo://10.0.0.1:8080/com.example.Shop?side=provider"), data: "192.0.2.1" },
};

const bytesOf = (data: unknown) => Buffer.from(typeof data === "string" ? data : JSON.stringify(data));

function hold(announcement: Announcement): void {
  for (const { id, weight, zone, metadata, place } of announcement.endpoints) {
    expect(id).toMatch(/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\]):\d+$/);
    expect(Number.isInteger(weight) && weight >= 0 && weight <= 10_000).toBe(true);
    expect(zone).not.toBe("");
    expect(place).toMatch(/^\/p\//);
    expect(Object.keys(metadata ?? {}).length).toBeLessThanOrEqual(MAX_METADATA_KEYS);
  }
}

describe.each(ZOOKEEPER_FORMATS)("the %s decoder", (format) => {
  const decode = decoderOf({ format, port: "main" });
  const { name, data } = GOOD[format];

  test("reads what is registered, and says where", () => {
    const decoded = decode({ path: `/p/${name}`, name, data: bytesOf(data) });
    expect(decoded).toMatchObject({ ok: true, value: { endpoints: [{ id: "10.0.0.1:8080", weight: 100, place: `/p/${name}` }] } });
  });

  test("never takes a sequential znode's name for an identity", () => {
    const decoded = decode({ path: `/p/${name}`, name, data: bytesOf(data) });
    expect(decoded.ok && decoded.value.endpoints[0]?.instance).not.toBe(name);
  });

  test("never throws, keeps its reasons short, and what it gives is sound, whatever the bytes and the name", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.jsonValue().map(bytesOf));
    fc.assert(
      fc.property(bytes, fc.oneof(fc.string(), fc.constant("vector_0"), fc.constant(name)), (content, anyName) => {
        const decoded = decode({ path: `/p/${anyName}`, name: anyName, data: content });
        if (decoded.ok) hold(decoded.value);
        else expect(decoded.error.reason.length).toBeLessThan(400);
      }),
    );
  });

  test("never throws when any one value of a good registration is something else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(50), (value, at) => {
        const decoded = decode({ path: `/p/${name}`, name, data: bytesOf(replaced(data, value, at)) });
        if (decoded.ok) hold(decoded.value);
      }),
    );
  });

  test("refuses more than 64 KiB unread", () => {
    expect(decode({ path: "/p/x", name, data: new Uint8Array(65_537) })).toEqual({
      ok: false,
      error: { kind: "malformed", reason: "65537 bytes of data, at most 65536 are read" },
    });
  });
});

/** The same tree with its `at`th value (counted round and round) replaced. */
function replaced(tree: unknown, value: unknown, at: number): unknown {
  let count = 0;
  const text = JSON.stringify(tree);
  JSON.parse(text, () => void count++);
  let index = 0;
  return JSON.parse(text, (_, item: unknown) => (index++ === at % count ? value : item));
}

test("a host name says nothing against the process behind it, in any format: it counts like garbage", () => {
  for (const format of ZOOKEEPER_FORMATS) {
    const { name, data } = GOOD[format];
    const named = (text: string) => text.replaceAll("10.0.0.1", "web-1.example.com");
    const decoded = decoderOf({ format, port: "main" })({
      path: "/p/x",
      name: named(name),
      data: Buffer.from(named(bytesOf(data).toString())),
    });
    expect(decoded, format).toMatchObject({
      ok: false,
      error: { kind: "malformed", reason: expect.stringContaining("register the IP address") },
    });
  }
});
