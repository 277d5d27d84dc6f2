import { describe, expect, test } from "vitest";
import { endpointAt, FakeSource } from "../discovery/testing/fake-source.js";
import { registryUnderTest, SHOP } from "./testing/registry-under-test.js";

const some = (count: number, from = 1) => Array.from({ length: count }, (_, index) => endpointAt(from + index));
const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

describe("a service that comes back from a collapse", () => {
  /** Ten, all of whom a calm source lost a minute ago, and so many are back. */
  function recovering(back: number, options = {}) {
    const source = new FakeSource("one");
    const parts = registryUnderTest([source], options);
    source.see(SHOP, some(10));
    source.see(SHOP, []);
    parts.clock.advance(60_000);
    source.see(SHOP, some(back));
    return { ...parts, source };
  }

  test("keeps those who are not back yet when half of them are", () => {
    const { source, clock, ports, holdOf } = recovering(4);
    for (let back = 5; back < 10; back++) {
      source.see(SHOP, some(back));
      clock.advance(5_000);
      expect(holdOf(10)).toMatchObject({ kind: back < 5 ? "shrink" : "disturbed" });
      expect(ports()).toEqual(numbers(10));
    }
  });

  test("keeps them below the size at which half is a collapse, too", () => {
    const source = new FakeSource("one");
    const { clock, ports } = registryUnderTest([source]);
    source.see(SHOP, some(3));
    source.see(SHOP, []);
    clock.advance(5_000);
    source.see(SHOP, some(1));
    clock.advance(5_000);
    expect(ports()).toEqual([1, 2, 3]);
  });

  test("lets those go who are not back 90 s later", () => {
    const { clock, ports } = recovering(7);
    clock.advance(89_000);
    expect(ports()).toEqual(numbers(10));
    clock.advance(2_000);
    expect(ports()).toEqual(numbers(7));
  });

  test("keeps them though the reading in which half came back was complete only in the end", () => {
    const { source, clock, ports } = recovering(4);
    for (let back = 5; back < 10; back++) {
      source.see(SHOP, some(back), { kind: "partial", reason: "1 of 10 members not read yet" });
      source.see(SHOP, some(back));
      clock.advance(5_000);
      expect(ports()).toEqual(numbers(10));
    }
    clock.advance(91_000);
    expect(ports()).toEqual(numbers(9));
  });

  test("keeps them through a wall clock that is set forward", () => {
    const { clock, ports } = recovering(7);
    clock.setWall(3_600_000);
    clock.advance(30_000);
    expect(ports()).toEqual(numbers(10));
  });

  test("lets nobody be held longer than the collapse alone would have held him", () => {
    const source = new FakeSource("one");
    const { clock, ports } = registryUnderTest([source]);
    source.see(SHOP, some(10));
    source.see(SHOP, []);
    clock.advance(280_000);
    source.see(SHOP, some(7));
    clock.advance(21_000);
    expect(ports()).toEqual(numbers(7));
  });

  test("lets who refuses go at once, and everybody when an operator says so or safety is off", () => {
    const { ports, confirm, witness } = recovering(7);
    witness(9, { status: "unhealthy", refusing: true });
    expect(ports()).toEqual([...numbers(8), 10]);
    confirm();
    expect(ports()).toEqual(numbers(7));
    expect(recovering(7, { safety: "off" }).ports()).toEqual(numbers(7));
  });

  test("waits for nobody where others came in the place of all", () => {
    const source = new FakeSource("one");
    const { clock, ports } = registryUnderTest([source]);
    source.see(SHOP, some(2));
    source.see(SHOP, []);
    clock.advance(5_000);
    source.see(SHOP, some(2, 11));
    expect(ports()).toEqual([11, 12]);
  });

  test("is calm again once everybody is back: the next one leaves after a second", () => {
    const { source, clock, ports } = recovering(7);
    source.see(SHOP, some(10));
    source.see(SHOP, some(9));
    clock.advance(1_100);
    expect(ports()).toEqual(numbers(9));
  });
});
