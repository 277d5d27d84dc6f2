import { describe, expect, test } from "vitest";
import { serverSetDecoder } from "./serverset.js";

const GOOD = {
  serviceEndpoint: { host: "10.0.0.1", port: 8080 },
  additionalEndpoints: { http: { host: "10.0.0.1", port: 9990 } },
  status: "ALIVE",
};

function decoded(data: unknown, { name = "member_0000000001", endpoint }: { name?: string; endpoint?: string } = {}) {
  const bytes = data instanceof Uint8Array ? data : Buffer.from(typeof data === "string" ? data : JSON.stringify(data));
  const result = serverSetDecoder(endpoint)({ path: `/twitter/${name}`, name, data: bytes });
  return result.ok ? result.value : `${result.error.kind}: ${result.error.reason}`;
}

describe("a member", () => {
  test("is its service endpoint; the shard is no identity, but shown", () => {
    expect(decoded({ ...GOOD, shard: 7, metadata: { k: "v" } })).toEqual({
      endpoints: [
        {
          ...{ id: "10.0.0.1:8080", ip: "10.0.0.1", port: 8080, weight: 100, zone: "default" },
          metadata: { k: "v", shard: "7" },
          place: "/twitter/member_0000000001",
        },
      ],
      shard: 7,
    });
  });

  test("announces the same under another znode's name, but for the place", () => {
    const [before, after] = ["member_0000000001", "member_0000000002"].map((name) => decoded({ ...GOOD, shard: 1 }, { name }));
    expect(JSON.stringify(after).replace("member_0000000002", "member_0000000001")).toBe(JSON.stringify(before));
  });

  test.each(["DEAD", "STARTING", "STOPPING", "STOPPED", "WARNING", "ANYTHING", 5])("with status %j drains", (status) => {
    expect(decoded({ ...GOOD, status })).toMatchObject({ endpoints: [{ draining: `status ${JSON.stringify(status)}` }] });
  });

  test.each([undefined, null, "ALIVE"])("with status %j serves", (status) => {
    const result = decoded({ ...GOOD, status });
    expect(typeof result !== "string" && result.endpoints[0]?.draining).toBeUndefined();
  });

  test("gives an additional endpoint by name", () => {
    expect(decoded(GOOD, { endpoint: "http" })).toMatchObject({ endpoints: [{ id: "10.0.0.1:9990" }] });
    expect(decoded(GOOD, { endpoint: "toString" })).toBe(
      'unusable: no additional endpoint "toString", but "http": the path\'s `endpoint` setting chooses',
    );
  });

  test.each([
    ["white space before the JSON", `\r\n ${JSON.stringify(GOOD)}`, { endpoints: [{ id: "10.0.0.1:8080" }] }],
    ["fields we do not know", { ...GOOD, extra: { deep: [1] } }, { endpoints: [{ id: "10.0.0.1:8080" }] }],
  ])("%s is no matter", (_, data, expected) => {
    expect(decoded(data)).toMatchObject(expected);
  });

  test.each([
    ["another schema", { host: "10.0.0.1", port: 1 }, "malformed: serviceEndpoint (absent) is not a host and a port"],
    ["nothing", "", "malformed: no data"],
    ["text", "10.0.0.1:80", 'malformed: data "10.0.0.1:80" is not JSON'],
    ["bytes that are neither", new Uint8Array([0x0c, 0xff]), "malformed: 2 bytes are neither JSON nor a Thrift struct"],
  ])("of %s is refused", (_, data, error) => {
    expect(decoded(data)).toBe(error);
  });
});

/** Thrift's binary protocol, written by hand. */
const i16 = (value: number) => [value >> 8, value & 255];
const i32 = (value: number) => [0, 0, ...i16(value)];
const text = (value: string) => [...i32(value.length), ...Buffer.from(value)];
const endpoint = (host: string, port: number) => [11, ...i16(1), ...text(host), 8, ...i16(2), ...i32(port), 0];
const struct = (...fields: readonly (readonly number[])[]) => new Uint8Array([...fields.flat(), 0]);
const SERVICE = [12, ...i16(1), ...endpoint("10.0.0.1", 8080)];
const STATUS = (status: number) => [8, ...i16(3), ...i32(status)];

describe("a member in Thrift", () => {
  test.each([
    [0, 'status "DEAD"'],
    [1, 'status "STARTING"'],
    [2, undefined],
    [5, 'status "WARNING"'],
    [9, "status 9"],
  ])("with status %i", (status, draining) => {
    const result = decoded(struct(SERVICE, STATUS(status)));
    expect(typeof result !== "string" && result.endpoints[0]).toMatchObject({
      id: "10.0.0.1:8080",
      ...(draining === undefined ? {} : { draining }),
    });
  });

  test("in another order, with fields of every type that we do not know", () => {
    const unknown = [
      [2, ...i16(20), 1],
      [3, ...i16(21), 1],
      [4, ...i16(22), 0, 0, 0, 0, 0, 0, 0, 0],
      [6, ...i16(23), 0, 1],
      [10, ...i16(24), 0, 0, 0, 0, 0, 0, 0, 1],
      [15, ...i16(25), 8, ...i32(2), ...i32(1), ...i32(2)],
      [14, ...i16(26), 11, ...i32(1), ...text("x")],
      [13, ...i16(27), 11, 12, ...i32(1), ...text("k"), ...endpoint("h", 1)],
    ];
    expect(decoded(struct(STATUS(2), ...unknown, [8, ...i16(4), ...i32(3)], SERVICE))).toMatchObject({
      endpoints: [{ id: "10.0.0.1:8080" }],
      shard: 3,
    });
  });

  test("cut off anywhere is malformed", () => {
    const whole = struct(SERVICE, STATUS(2));
    for (let length = 1; length < whole.length; length += 1) expect(decoded(whole.slice(0, length))).toMatch(/^malformed: /);
  });

  test("nested without end is malformed, not a deep stack", () => {
    const nested = new Uint8Array(60_000).map((_, index) => [12, 0, 9][index % 3] ?? 0);
    expect(decoded(nested)).toBe("malformed: 60000 bytes are neither JSON nor a Thrift struct");
  });
});

describe("a vector", () => {
  const vector = (value: unknown) => decoded({ vector: value }, { name: "vector_0000000000" });

  test("announces nobody; a selection we do not know selects nobody, and a weight left out changes nothing", () => {
    expect(
      vector([{ select: "inet=10.0.0.1:8080", weight: 0.5, priority: 1 }, { select: "zone=a", weight: 2 }, { select: "shard=03" }]),
    ).toEqual({
      endpoints: [],
      weights: [
        { select: { by: "inet", value: "10.0.0.1:8080" }, factor: 0.5 },
        { select: { by: "shard", value: "3" }, factor: 1 },
      ],
    });
  });

  test.each([
    ["no list", { a: 1 }, 'malformed: vector {"a":1} is not a list of descriptors'],
    [
      "a weight that is none",
      [{ select: "shard=1", weight: "2" }],
      'malformed: {"select":"shard=1","weight":"2"} is not a descriptor with a weight',
    ],
  ])("%s is refused", (_, value, error) => {
    expect(vector(value)).toBe(error);
  });
});
