import fc from "fast-check";
import { expect, test } from "vitest";
import { type Due, DueQueue } from "./due-queue.js";

test("whatever is put, moved and removed, the first is always what is due first", () => {
  const step = fc.record({ item: fc.nat(19), dueMs: fc.nat(50), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DueQueue<Due>();
      const items = Array.from({ length: 20 }, (): Due => ({ dueMs: 0, place: -1 }));
      const inside = new Set<Due>();
      for (const { item: index, dueMs, remove } of steps) {
        const item = items[index];
        if (item === undefined) continue;
        if (remove) queue.remove(item);
        else queue.put(item, dueMs);
        inside[remove ? "delete" : "add"](item);
        expect(queue.size).toBe(inside.size);
        expect(queue.first?.dueMs).toBe(inside.size === 0 ? undefined : Math.min(...[...inside].map((each) => each.dueMs)));
      }
      const order: number[] = [];
      for (let first = queue.first; first !== undefined; first = queue.first) {
        order.push(first.dueMs);
        queue.remove(first);
      }
      expect(order).toEqual([...order].sort((one, other) => one - other));
      expect(items.every(({ place }) => place === -1)).toBe(true);
    }),
  );
});
