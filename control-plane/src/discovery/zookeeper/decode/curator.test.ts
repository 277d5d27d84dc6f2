import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decoderOf } from "./decoder.js";

interface Fixture {
  readonly znodes: readonly { readonly path: string; readonly data: string }[];
}

/** What a captured registration decodes to, in short: `ip:port instance [draining]` or the reason. */
function decodeAll(file: string, port: "main" | "ssl" = "main"): Record<string, string> {
  const fixture = JSON.parse(readFileSync(new URL(`./fixtures/${file}`, import.meta.url), "utf8")) as Fixture;
  const decode = decoderOf("curator", port);
  return Object.fromEntries(
    fixture.znodes.map(({ path, data }) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const decoded = decode({ path, name, data: Buffer.from(data) });
      if (!decoded.ok) return [path, decoded.error];
      const { id, instance, draining, weight, zone } = decoded.value;
      return [path, [id, instance, `${weight}/${zone}`, ...(draining === undefined ? [] : [draining])].join(" ")];
    }),
  );
}

const decode = decoderOf("curator", "main");
function decodeJson(instance: Readonly<Record<string, unknown>>) {
  return decode({ path: "/services/shop/x", name: "x", data: Buffer.from(JSON.stringify(instance)) });
}
const PLAIN = { name: "shop", id: "a", address: "10.0.0.1", port: 80, sslPort: null, payload: null };

describe("captured registrations", () => {
  test("Curator's own decode to their addresses, and the one without a port says so", () => {
    expect(decodeAll("curator.json")).toEqual({
      "/services/payload/11111111-2222-3333-4444-555555555555": "127.0.0.1:9001 11111111-2222-3333-4444-555555555555 100/default",
      "/services/payload/string-payload": "127.0.0.1:9002 string-payload 100/default",
      "/services/plain/plain-1": "127.0.0.1:8081 plain-1 100/default",
      "/services/plain/plain-2-ssl": "127.0.0.1:8081 plain-2-ssl 100/default",
      "/services/plain/plain-3-sslonly": "no port, but sslPort is 8444: the path's `port` setting chooses",
      "/services/plain/plain-4-disabled": "127.0.0.1:8083 plain-4-disabled 100/default",
      "/services/plain/plain-5-uri": "127.0.0.1:8084 plain-5-uri 100/default",
      "/services/plain/plain-6-noport": "no port",
      "/services/plain/plain-7-v6": "[::1]:8085 plain-7-v6 100/default",
      "/services/plain/plain-8-static": "127.0.0.1:8086 plain-8-static 100/default",
      "/services/plain/plain-9-permanent": "127.0.0.1:8087 plain-9-permanent 100/default",
      "/services/plain/plain-A-sequential0000000009": "127.0.0.1:8088 plain-A-sequential 100/default",
      "/services-new/plain/new-1": "127.0.0.1:8081 new-1 100/default",
      "/services-new/plain/new-2-disabled": "127.0.0.1:8082 new-2-disabled 100/default registered as disabled",
    });
  });

  test("the ssl setting takes sslPort", () => {
    const all = decodeAll("curator.json", "ssl");
    expect(all["/services/plain/plain-2-ssl"]).toBe("127.0.0.1:8443 plain-2-ssl 100/default");
    expect(all["/services/plain/plain-3-sslonly"]).toBe("127.0.0.1:8444 plain-3-sslonly 100/default");
    expect(all["/services/plain/plain-1"]).toBe("no sslPort, but port is 8081: the path's `port` setting chooses");
  });

  test.each(["4.3", "5.0"])("Spring Cloud %s: OUT_OF_SERVICE drains, the zone is taken over", (version) => {
    const values = Object.values(decodeAll(`spring-cloud-zookeeper-${version}.json`));
    expect(values.map((value) => value.replace(/ [0-9a-f-]{36} /, " UUID ")).sort()).toEqual([
      "127.0.0.1:18081 UUID 100/default",
      '127.0.0.1:18082 UUID 100/eu-1a status "OUT_OF_SERVICE"',
      "127.0.0.1:18083 UUID 100/default",
    ]);
  });

  test("Dubbo 3 at application level", () => {
    expect(decodeAll("dubbo-3-services.json")).toEqual({
      "/services/shop-provider/127.0.0.1:20880": "127.0.0.1:20880 127.0.0.1:20880 100/default",
    });
  });
});

describe("a Curator registration", () => {
  test.each([
    ["weight 5 as text", { metadata: { weight: "5" } }, 5],
    ["weight 7 as a number", { metadata: { weight: 7 } }, 7],
    ["a weight beyond the limit is ignored", { metadata: { weight: "10001" } }, 100],
    ["a fraction is ignored", { metadata: { weight: "0.5" } }, 100],
    ["no metadata", { other: 1 }, 100],
  ])("%s", (_, payload, weight) => {
    expect(decodeJson({ ...PLAIN, payload })).toMatchObject({ ok: true, value: { weight } });
  });

  test("weight 0 drains", () => {
    expect(decodeJson({ ...PLAIN, payload: { metadata: { weight: "0" } } })).toMatchObject({
      ok: true,
      value: { weight: 0, draining: "weight 0" },
    });
  });

  test.each([
    ["UP", undefined],
    ["", undefined],
    [null, undefined],
    ["DOWN", 'status "DOWN"'],
    [3, "status 3"],
  ])("status %j means %j", (status, draining) => {
    const decoded = decodeJson({ ...PLAIN, payload: { metadata: { instance_status: status } } });
    expect(decoded.ok && decoded.value.draining).toBe(draining);
  });

  test("enabled: null is not disabled", () => {
    const decoded = decodeJson({ ...PLAIN, enabled: null });
    expect(decoded.ok && decoded.value.draining).toBeUndefined();
  });

  test("a host name is quarantined with the reason", () => {
    expect(decodeJson({ ...PLAIN, address: "web-1.example.com" })).toEqual({
      ok: false,
      error: '"web-1.example.com": host names in registrations are not resolved yet',
    });
  });

  test.each([
    ["no address", { ...PLAIN, address: null }, "address null is not an IP address"],
    ["an address that is nothing", { ...PLAIN, address: "10.0.0.256" }, '"10.0.0.256" is not an IP address'],
    ["a port as text", { ...PLAIN, port: "80" }, 'port "80" is not a number of 1 to 65535'],
    ["port 0", { ...PLAIN, port: 0 }, "port 0 is not a number of 1 to 65535"],
  ])("%s is refused", (_, instance, error) => {
    expect(decodeJson(instance)).toEqual({ ok: false, error });
  });

  test("an id that is missing or too long gives no instance; the znode's name never does", () => {
    for (const id of [undefined, "", 5, "x".repeat(257)]) {
      const decoded = decodeJson({ ...PLAIN, id });
      expect(decoded.ok && "instance" in decoded.value).toBe(false);
    }
  });

  test.each([
    ["", "no data"],
    ["[1]", 'data "[1]" is not a JSON object'],
    ["{", 'data "{" is not JSON'],
  ])("data %j is refused", (text, error) => {
    expect(decode({ path: "/p", name: "p", data: Buffer.from(text) })).toEqual({ ok: false, error });
  });
});

describe.each(["curator", "host-port"] as const)("the %s decoder", (format) => {
  const decodeAny = decoderOf(format, "main");

  test("never throws and keeps its reasons short, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (data, name) => {
        const decoded = decodeAny({ path: `/p/${name}`, name, data });
        if (!decoded.ok) expect(decoded.error.length).toBeLessThan(300);
      }),
    );
  });

  test("never throws on any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (payload, field) => {
        const data = Buffer.from(JSON.stringify({ ...PLAIN, payload, address: field }));
        decodeAny({ path: "/p/x", name: "x", data });
      }),
    );
  });

  test("refuses more than 64 KiB unread", () => {
    expect(decodeAny({ path: "/p/x", name: "10.0.0.1:80", data: new Uint8Array(65_537) })).toEqual({
      ok: false,
      error: "65537 bytes of data, at most 65536 are read",
    });
  });
});
