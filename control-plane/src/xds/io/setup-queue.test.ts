import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { SET_UP_AT_ONCE, SetupQueue } from "./setup-queue.js";

const turn = () => new Promise((resolve) => void setImmediate(resolve));

describe("connections that wait to be set up", () => {
  test("are set up in the order of their coming, some at a time, and all in the end", async () => {
    const queue = new SetupQueue();
    const done: number[] = [];
    const count = 2 * SET_UP_AT_ONCE + 1;
    for (let index = 0; index < count; index++) queue.add(new Socket(), () => done.push(index));
    expect(done).toEqual([]);
    for (const expected of [SET_UP_AT_ONCE, 2 * SET_UP_AT_ONCE, count]) {
      await turn();
      expect(done).toHaveLength(expected);
    }
    expect(done).toEqual([...done].sort((one, other) => one - other));
    queue.add(new Socket(), () => done.push(count));
    await turn();
    expect(done).toHaveLength(count + 1);
  });

  test("are left alone when they end before their turn", async () => {
    const queue = new SetupQueue();
    const socket = new Socket();
    let done = false;
    queue.add(socket, () => {
      done = true;
    });
    socket.destroy();
    await turn();
    expect(done).toBe(false);
  });

  test("end with the server", async () => {
    const queue = new SetupQueue();
    const socket = new Socket();
    let done = false;
    queue.add(socket, () => {
      done = true;
    });
    queue.close();
    await turn();
    expect([done, socket.destroyed]).toEqual([false, true]);
  });
});
