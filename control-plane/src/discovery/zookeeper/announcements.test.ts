import { describe, expect, test } from "vitest";
import { Announcements } from "./announcements.js";
import { decoderOf } from "./decode/decoder.js";

const decode = decoderOf({ format: "serverset", port: "main" });

/** A ServerSet's members `0`, `1`, … at 10.0.0.1:80, 81, …, each with its number as shard, and these vectors. */
function serverSet(members: number, ...vectors: readonly (readonly object[])[]) {
  const announced = new Announcements("/p");
  const put = (name: string, value: unknown, mzxid = 1n) =>
    announced.set(name, decode({ path: `/p/${name}`, name, data: Buffer.from(JSON.stringify(value)) }), mzxid);
  for (let index = 0; index < members; index += 1) {
    put(`member_${index}`, { serviceEndpoint: { host: "10.0.0.1", port: 80 + index }, shard: index, status: "ALIVE" });
  }
  vectors.forEach((vector, index) => {
    put(`vector_${index}`, { vector });
  });
  const weights = () => Object.fromEntries(announced.summary.endpoints.map(({ port, weight }) => [port, weight]));
  return { announced, put, weights };
}

describe("vectors of a ServerSet", () => {
  test("weigh members by address, name and shard", () => {
    const { weights } = serverSet(4, [
      { select: "inet=10.0.0.1:80", weight: 0.5 },
      { select: "member=member_1", weight: 2 },
      { select: "shard=2", weight: 3 },
    ]);
    expect(weights()).toEqual({ 80: 50, 81: 200, 82: 300, 83: 100 });
  });

  test("multiply: every descriptor that selects a member counts, in whatever vector", () => {
    const { weights } = serverSet(
      1,
      [
        { select: "shard=0", weight: 0.5 },
        { select: "shard=0", weight: 0.5 },
      ],
      [{ select: "inet=10.0.0.1:80", weight: 2 }],
    );
    expect(weights()).toEqual({ 80: 50 });
  });

  test("above 0 stays above 0, and 0 drains", () => {
    const { weights, announced } = serverSet(2, [
      { select: "shard=0", weight: 0.000_001 },
      { select: "shard=1", weight: 0 },
    ]);
    expect(weights()).toEqual({ 80: 1, 81: 0 });
    expect(announced.summary.endpoints[1]?.draining).toBe("weight 0");
  });

  test("-1 takes a member out, whatever else selects it, and it is listed with the reason", () => {
    const { weights, announced } = serverSet(2, [{ select: "shard=0", weight: -1 }], [{ select: "shard=0", weight: -1 }]);
    expect(weights()).toEqual({ 81: 100 });
    expect(announced.summary.quarantined).toEqual([{ place: "/p/member_0", reason: "taken out by a negative weight in a vector_ znode" }]);
    expect(announced.malformed).toBe(0);
  });

  test("that go take their weights with them", () => {
    const { weights, announced } = serverSet(2, [{ select: "shard=0", weight: 5 }]);
    expect(weights()).toEqual({ 80: 500, 81: 100 });
    announced.delete("vector_0");
    expect(weights()).toEqual({ 80: 100, 81: 100 });
  });

  test("that cannot be read are quarantined and change nothing", () => {
    const { weights, announced, put } = serverSet(1);
    put("vector_0", { vector: 5 });
    expect(weights()).toEqual({ 80: 100 });
    expect(announced.malformed).toBe(1);
  });
});

test("of two znodes with one address the newer speaks, and when it goes the other speaks again", () => {
  const { announced, put } = serverSet(1);
  const place = () => announced.summary.endpoints.map((endpoint) => endpoint.place);
  put("member_9", { serviceEndpoint: { host: "10.0.0.1", port: 80 } }, 5n);
  expect(place()).toEqual(["/p/member_9"]);
  announced.delete("member_9");
  expect(place()).toEqual(["/p/member_0"]);
});

test("what did not change is not decoded, ordered or built again", () => {
  const { announced, put } = serverSet(3);
  const before = announced.summary;
  expect(announced.summary).toBe(before);
  put("member_3", { serviceEndpoint: { host: "10.0.0.1", port: 99 } });
  expect(announced.summary.endpoints.slice(0, 3).map((endpoint, index) => endpoint === before.endpoints[index])).toEqual([
    true,
    true,
    true,
  ]);
});
