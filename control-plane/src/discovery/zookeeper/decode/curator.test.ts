import { describe, expect, test } from "vitest";
import { decoderOf } from "./decoder.js";

const decode = decoderOf({ format: "curator", port: "main" });
/** The one endpoint, or `kind: reason`. */
function one(decoded: ReturnType<typeof decode>) {
  if (!decoded.ok) return { ok: false, error: `${decoded.error.kind}: ${decoded.error.reason}` } as const;
  const [endpoint, ...more] = decoded.value.endpoints;
  if (endpoint === undefined || more.length > 0) throw new Error("not one endpoint");
  return { ok: true, value: endpoint } as const;
}

function decodeJson(instance: Readonly<Record<string, unknown>>) {
  return one(decode({ path: "/services/shop/x", name: "x", data: Buffer.from(JSON.stringify(instance)) }));
}
const PLAIN = { name: "shop", id: "a", address: "10.0.0.1", port: 80, sslPort: null, payload: null };

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
    [" up ", undefined],
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
      error:
        'malformed: "web-1.example.com" is a host name, which is not resolved here: register the IP address, or add the name to a dns source',
    });
  });

  test.each([
    ["no address", { ...PLAIN, address: null }, "malformed: address null is not an IP address"],
    ["an address that is nothing", { ...PLAIN, address: "10.0.0.256" }, 'malformed: "10.0.0.256" is not an IP address'],
    ["a port as text", { ...PLAIN, port: "80" }, 'malformed: port "80" is not a number of 1 to 65535'],
    ["port 0", { ...PLAIN, port: 0 }, "malformed: port 0 is not a number of 1 to 65535"],
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
    ["", "malformed: no data"],
    ["[1]", 'malformed: data "[1]" is not a JSON object'],
    ["{", 'malformed: data "{" is not JSON'],
  ])("data %j is refused", (text, error) => {
    expect(one(decode({ path: "/p", name: "p", data: Buffer.from(text) }))).toEqual({ ok: false, error });
  });
});

describe("ports and payloads", () => {
  test.each([
    [
      "no port at all: another schema",
      { id: "a", address: "10.0.0.1", ports: [80] },
      'malformed: neither port nor sslPort: fields are ["id","address","ports"]',
    ],
    ["null ports: nobody listens", { ...PLAIN, port: null }, "unusable: no port"],
  ])("%s", (_, instance, error) => {
    expect(decodeJson(instance)).toEqual({ ok: false, error });
  });

  test("simple fields of the payload are shown as metadata: Spring's map, or the application's own", () => {
    expect(decodeJson({ ...PLAIN, payload: { metadata: { version: "1.2.0" } } })).toMatchObject({
      value: { metadata: { version: "1.2.0" } },
    });
    expect(decodeJson({ ...PLAIN, payload: { "@class": "X", tags: {}, zone: "eu-1a" } })).toMatchObject({
      value: { zone: "default", metadata: { "@class": "X", zone: "eu-1a" } },
    });
  });

  test.each([undefined, null, "", "[", "{}", "[1]", 5])("dubbo.endpoints of %j hold no protocol", (endpoints) => {
    const tri = decoderOf({ format: "curator", port: "main", protocol: "tri" });
    const data = Buffer.from(JSON.stringify({ ...PLAIN, payload: { metadata: { "dubbo.endpoints": endpoints } } }));
    expect(one(tri({ path: "/p", name: "p", data }))).toEqual({
      ok: false,
      error: "unusable: no dubbo.endpoints to choose tri from: leave the path's `protocol` setting out",
    });
  });
});
