// A stream looks at the names that changed and says what one says that looks at every name.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Resource, ResourceSets } from "./resource-set.js";
import { ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, resource, view } from "./testing/views.js";

const NAMES = ["a", "b", "c", "d", "e"];
type State = "1" | "2" | "absent" | "unavailable";
type Op =
  | { readonly kind: "world"; readonly name: string; readonly state: State }
  | { readonly kind: "subscribe" | "unsubscribe"; readonly names: readonly string[] }
  | { readonly kind: "answer"; readonly accepts: boolean }
  | { readonly kind: "pass time" };

const names = fc.subarray([...NAMES, "*"], { minLength: 1 });
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("world" as const),
      name: fc.constantFrom(...NAMES),
      state: fc.constantFrom<State>("1", "2", "absent", "unavailable"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("subscribe" as const, "unsubscribe" as const), names }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("answer" as const), accepts: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: "pass time" as const }) },
);

function viewOf(world: Readonly<Record<string, State>>): ResourceSets {
  const there = Object.fromEntries(Object.entries(world).filter(([, state]) => state === "1" || state === "2"));
  return view({ unavailable: Object.keys(world).filter((name) => world[name] === "unavailable"), cds: there, eds: there });
}

/** The same content in objects of its own: to whoever compares references everything has changed. */
function anew(sets: ResourceSets): ResourceSets {
  const types = new Map(
    [...sets.types].map(([typeUrl, set]) => {
      const resources = new Map([...set.resources].map(([name, one]) => [name, { ...one }] as const));
      return [typeUrl, { ...set, resources }] as const;
    }),
  );
  return { ...sets, types };
}

/** One client, and what it was told last. */
class Client {
  readonly #stream: ScriptedStream;
  readonly #typeUrl: string;
  readonly #change: (sets: ResourceSets) => ResourceSets;
  #unanswered: Seen | undefined;

  constructor(typeUrl: string, sets: ResourceSets, change: (sets: ResourceSets) => ResourceSets) {
    this.#typeUrl = typeUrl;
    this.#change = change;
    this.#stream = new ScriptedStream(change(sets), { variant: "delta", gated: true });
  }

  act(step: Op, sets: ResourceSets): readonly unknown[] {
    return this.#told(this.#sent(step, sets));
  }

  #sent(step: Op, sets: ResourceSets): readonly Seen[] {
    if (step.kind === "world") return this.#stream.view(this.#change(sets));
    if (step.kind === "pass time") return this.#stream.tick(16_000);
    if (step.kind !== "answer") return this.#stream.delta(this.#typeUrl, { [step.kind]: step.names });
    const seen = this.#unanswered;
    if (seen === undefined) return [];
    this.#unanswered = undefined;
    // It names what it refuses, and the same whatever the order they came in: who is asked by halves depends on references.
    const refused = seen.content.resources.map(({ name }) => name).sort();
    const isRefusal = !step.accepts && refused.length > 0;
    return isRefusal ? this.#stream.nack(seen, [], { reason: "bad", resources: refused.slice(0, 1) }) : this.#stream.ack(seen);
  }

  #told(all: readonly Seen[]): readonly unknown[] {
    this.#unanswered = all.at(-1) ?? this.#unanswered;
    return all.map(({ resources, removed, errors }) => [[...resources].sort(), [...removed].sort(), [...errors].sort()]);
  }
}

test.each([CDS, EDS])("a stream that looks at what changed says what one says that looks at everything (%s)", (typeUrl) => {
  fc.assert(
    fc.property(names, fc.array(op, { maxLength: 40 }), (first, ops) => {
      let world: Readonly<Record<string, State>> = { a: "1", b: "1", c: "2", d: "absent", e: "unavailable" };
      const clients = [(sets: ResourceSets) => sets, anew].map((change) => new Client(typeUrl, viewOf(world), change));
      for (const step of [{ kind: "subscribe" as const, names: first }, ...ops]) {
        if (step.kind === "world") world = { ...world, [step.name]: step.state };
        const sets = viewOf(world);
        const [one, other] = clients.map((client) => client.act(step, sets));
        expect(one).toEqual(other);
      }
    }),
    { numRuns: 60 },
  );
});

test("what a split answer left out follows, with what changed meanwhile", () => {
  const versions = (all: readonly string[], version: string) => Object.fromEntries(all.map((name) => [name, version]));
  const stream = new ScriptedStream(view({ eds: versions(NAMES, "1") }), { variant: "delta", limits: { responseBytes: 10 } });
  const sent: string[] = [];
  const answer = (seen: readonly Seen[]): readonly Seen[] => {
    sent.push(...seen.flatMap(({ resources }) => resources));
    return seen[0] === undefined ? [] : answer(stream.ack(seen[0]));
  };
  answer(stream.delta(EDS, { subscribe: NAMES }));
  expect(sent.splice(0).sort()).toEqual(["a@1", "b@1", "c@1", "d@1", "e@1"]);
  const [first] = stream.view(view({ eds: versions(NAMES, "2") }));
  expect(stream.view(view({ eds: { ...versions(NAMES, "2"), e: "3" } }))).toEqual([]);
  answer(first === undefined ? [] : [first]);
  expect(sent.sort()).toEqual(["a@2", "b@2", "c@2", "d@2", "e@3"]);
});

/** Counts how often a resource is looked up. */
class CountingMap extends Map<string, Resource> {
  static gets = 0;

  override get(key: string): Resource | undefined {
    CountingMap.gets += 1;
    return super.get(key);
  }
}

test("of 1,000 names subscribed a stream looks at the one that changed", () => {
  const all = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
  const setsOf = (changed: string): ResourceSets => {
    const resources = new CountingMap(all.map((name) => [name, resource(EDS, name, name === changed ? "2" : "1")]));
    return { ...view({}), types: new Map([[EDS, { version: changed, resources }]]) };
  };
  const [before, after] = [setsOf("nobody"), setsOf("s500")];
  const clients = [1, 2].map(() => {
    const stream = new ScriptedStream(before, { variant: "delta" });
    stream.ack(stream.delta(EDS, { subscribe: all })[0]);
    return stream;
  });
  const sent = clients.map((stream) => {
    CountingMap.gets = 0;
    return { resources: stream.view(after).flatMap(({ resources }) => resources), gets: CountingMap.gets };
  });
  expect(sent.map(({ resources }) => resources)).toEqual([["s500@2"], ["s500@2"]]);
  // The first one's look found the difference for both.
  expect(sent[1]?.gets).toBeLessThan(10);
});
