import { expect, test } from "vitest";
import type { ResourceChange, ResourceSets } from "./resource-set.js";
import { ScriptedStream } from "./testing/scripted-stream.js";
import { EDS, view } from "./testing/views.js";

/** A view of one assignment with these changes, each published 10 ms after its event. */
function shop(version: string, ...eventsMs: readonly number[]): ResourceSets {
  return timed(view({ eds: { shop: version } }), { shop: eventsMs });
}

function timed(sets: ResourceSets, eventsMs: Readonly<Record<string, readonly number[]>>): ResourceSets {
  const set = sets.types.get(EDS);
  if (set === undefined) throw new Error("a view without assignments");
  const resources = new Map([...set.resources].map(([name, one]) => [name, { ...one, changes: (eventsMs[name] ?? []).map(changeAt) }]));
  return { ...sets, types: new Map([...sets.types, [EDS, { ...set, resources }]]) };
}

function changeAt(eventMs: number): ResourceChange {
  return { eventMs, publishedMs: eventMs + 10 };
}

/** A client that has the first version, from before it asked. */
function client(sets = shop("1", 100), names = ["shop"]) {
  const stream = new ScriptedStream(sets, { variant: "delta" });
  stream.nowMs = 1_000;
  const [first] = stream.delta(EDS, { subscribe: names });
  return { stream, first };
}

test("a response that a change made says which; a first answer does not, nor what is asked for again", () => {
  const { stream, first } = client();
  stream.ack(first);
  stream.nowMs = 2_015;
  stream.ack(stream.view(shop("2", 100, 2_000))[0]);
  stream.nowMs = 3_000;
  stream.delta(EDS, { subscribe: ["shop"] });
  expect(stream.changes).toEqual([undefined, changeAt(2_000), undefined]);
});

test("a client that was busy is told the newest version, and counts from the oldest change in it", () => {
  const { stream, first } = client();
  stream.nowMs = 2_010;
  expect(stream.view(shop("2", 100, 2_000))).toEqual([]);
  stream.nowMs = 2_510;
  stream.view(shop("3", 100, 2_000, 2_500));
  stream.nowMs = 2_700;
  stream.ack(first);
  expect(stream.changes).toEqual([undefined, changeAt(2_000)]);
});

test("of two changes in one response the older counts, and what did not change counts for nothing", () => {
  const { stream, first } = client(timed(view({ eds: { a: "1", b: "1", c: "1" } }), { a: [500], b: [1], c: [2] }), ["a", "b", "c"]);
  stream.ack(first);
  stream.nowMs = 2_000;
  stream.view(timed(view({ eds: { a: "2", b: "2", c: "1" } }), { a: [500, 1_980], b: [1, 1_950], c: [2] }));
  expect(stream.changes).toEqual([undefined, changeAt(1_950)]);
});

test("a name that is newly asked for came late itself: its old change does not count, a new service's does", () => {
  const { stream, first } = client(timed(view({ eds: { shop: "1", cart: "1" } }), { shop: [100], cart: [200] }), ["shop", "new"]);
  const absent = stream.ack(first);
  expect(absent).toEqual([]);
  stream.nowMs = 1_500;
  stream.ack(stream.delta(EDS, { subscribe: ["cart"] })[0]);
  stream.nowMs = 2_020;
  stream.view(timed(view({ eds: { shop: "1", cart: "1", new: "1" } }), { shop: [100], cart: [200], new: [2_000] }));
  expect(stream.changes).toEqual([undefined, undefined, changeAt(2_000)]);
});

test("a version that follows a refused one counts from its own event", () => {
  const { stream, first } = client();
  stream.ack(first);
  stream.nowMs = 2_010;
  stream.nack(stream.view(shop("2", 100, 2_000))[0]);
  stream.nowMs = 5_010;
  stream.view(shop("3", 100, 2_000, 5_000));
  expect(stream.changes).toEqual([undefined, changeAt(2_000), changeAt(5_000)]);
});
