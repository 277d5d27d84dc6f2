import { describe, expect, test } from "vitest";
import { Cell, KeyedCell } from "./watchable.js";

describe("a cell", () => {
  test("a watcher hears the value at once and every change, until it is closed", () => {
    const cell = new Cell(1);
    const heard: number[] = [];
    const watch = cell.watch((value) => heard.push(value));
    cell.set(2);
    cell.set(2);
    void watch.close();
    cell.set(3);
    expect(heard).toEqual([1, 2]);
  });

  test("a watcher that sets it again: nobody hears an older value after a newer one", () => {
    const cell = new Cell(0);
    cell.watch((value) => value === 1 && cell.set(2));
    const heard: number[] = [];
    cell.watch((value) => heard.push(value));
    cell.set(1);
    expect(heard).toEqual([...heard].sort());
    expect(heard.at(-1)).toBe(2);
  });

  test("one that throws keeps nobody else from hearing, and the error surfaces", () => {
    const cell = new Cell(0);
    const heard: number[] = [];
    cell.watch((value) => {
      if (value === 1) throw new Error("a bug");
    });
    cell.watch((value) => heard.push(value));
    expect(() => cell.set(1)).toThrow("a bug");
    expect(heard).toEqual([0, 1]);
    cell.set(2);
    expect(heard).toEqual([0, 1, 2]);
  });

  test("a watcher closed by another hears nothing more", () => {
    const cell = new Cell(0);
    const heard: number[] = [];
    const later: { close(): void | Promise<void> }[] = [];
    cell.watch((value) => value === 1 && void later[0]?.close());
    later.push(cell.watch((value) => heard.push(value)));
    cell.set(1);
    expect(heard).toEqual([0]);
  });
});

describe("a keyed cell", () => {
  test("changed names what differs since the last time, and unchanged references are no change", () => {
    const cell = new KeyedCell<string, object>();
    const changes: string[][] = [];
    cell.watch((_all, changed) => changes.push([...changed]));
    const one = {};
    cell.update([["a", one]]);
    cell.update([["a", one]]);
    cell.update([
      ["a", {}],
      ["b", {}],
    ]);
    cell.update([["a", undefined]]);
    cell.replace(new Map());
    expect(changes).toEqual([[], ["a"], ["a", "b"], ["a"], ["b"]]);
  });

  test("a change made by a watcher reaches every watcher, with the newest values only", () => {
    const cell = new KeyedCell<string, number>();
    cell.watch(
      (all) =>
        all.get("a") === 1 &&
        cell.update([
          ["b", 2],
          ["a", 3],
        ]),
    );
    const seen: [number | undefined, string][] = [];
    cell.watch((all, changed) => seen.push([all.get("a"), [...changed].join()]));
    cell.update([["a", 1]]);
    expect(seen.map(([value]) => value)).toEqual([undefined, 3, 3]);
    expect(seen.map(([, changed]) => changed)).toEqual(["", "a", "b,a"]);
  });
});
