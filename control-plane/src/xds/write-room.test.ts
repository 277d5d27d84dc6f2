import { FakeClock } from "@fairlead/shared/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { type RoomPlace, UNREAD_LOOKS, WriteRoom } from "./write-room.js";

describe("the room for what waits to be written", () => {
  let clock: FakeClock;
  let room: WriteRoom;
  let events: string[];

  beforeEach(() => {
    clock = new FakeClock();
    events = [];
    room = new WriteRoom({ clock, bytes: 100, onFull: () => events.push("full") });
  });

  /** Writes `bytes` when it is let. */
  function stream(name: string, bytes: number): RoomPlace {
    const place = room.enter({
      go: () => {
        events.push(`${name} goes`);
        place.holds(bytes);
      },
      evict: () => {
        events.push(`${name} is evicted`);
        place.leave();
      },
    });
    if (place.may()) place.holds(bytes);
    return place;
  }

  test("a stream writes at once while there is room, and waits without it", () => {
    stream("one", 60);
    stream("two", 60);
    stream("three", 60);
    expect(events).toEqual(["full"]);
  });

  test("who waits goes in the order of asking, as far as the room reaches", () => {
    const [one] = [stream("one", 100), stream("two", 60), stream("three", 60), stream("four", 60)];
    one.holds(0);
    expect(events).toEqual(["full", "full", "full", "two goes", "three goes"]);
  });

  test("who asks again keeps its turn, and is counted once", () => {
    const one = stream("one", 100);
    const two = stream("two", 60);
    stream("three", 60);
    expect(two.may()).toBe(false);
    one.holds(0);
    expect(events).toEqual(["full", "full", "two goes", "three goes"]);
  });

  test("a stream that ends gives back its room and its turn", () => {
    const one = stream("one", 100);
    const two = stream("two", 60);
    stream("three", 60);
    two.leave();
    one.leave();
    expect(events).toEqual(["full", "full", "three goes"]);
  });

  test("a client that does not read keeps others waiting for its time, and then goes", () => {
    stream("stuck", 100);
    stream("two", 60);
    clock.advance(UNREAD_LOOKS * 1_000);
    expect(events).toEqual(["full"]);
    clock.advance(1_000);
    expect(events).toEqual(["full", "stuck is evicted", "two goes"]);
  });

  test("a client that reads slowly stays", () => {
    const slow = stream("slow", 150);
    stream("two", 60);
    for (let bytes = 149; bytes >= 100; bytes -= 1) {
      clock.advance((UNREAD_LOOKS / 2) * 1_000);
      slow.holds(bytes);
    }
    expect(events).toEqual(["full"]);
  });

  test("what one did while nobody waited is not held against it", () => {
    stream("slow", 100);
    clock.advance(UNREAD_LOOKS * 10_000);
    stream("two", 60);
    clock.advance(UNREAD_LOOKS * 1_000);
    expect(events).toEqual(["full"]);
  });

  test("a client that does not read is let be while nobody waits", () => {
    stream("stuck", 100);
    clock.advance(UNREAD_LOOKS * 10_000);
    expect(events).toEqual([]);
  });
});
