// Whatever a client asks and a view becomes, in any order of messages: what is sent is owed, and in the end the client has the view.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ModelClient, newModelClient } from "./testing/model-client.js";
import { CDS, EDS, type ViewWords, view } from "./testing/views.js";

const NAMES = ["a", "b", "c", "d"];

type State = "1" | "2" | "3" | "bad" | "absent" | "unavailable";
type World = Readonly<Record<string, State>>;

type Op =
  | { readonly kind: "world"; readonly name: string; readonly state: State }
  | { readonly kind: "want"; readonly names: readonly string[] }
  | { readonly kind: "repeat"; readonly name: string }
  | { readonly kind: "deliver" };

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("world" as const),
      name: fc.constantFrom(...NAMES),
      state: fc.constantFrom<State>("1", "2", "3", "bad", "absent", "unavailable"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("want" as const), names: fc.subarray([...NAMES, "*"]) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repeat" as const), name: fc.constantFrom(...NAMES) }) },
  { weight: 5, arbitrary: fc.constant({ kind: "deliver" as const }) },
);

function viewOf(world: World, typeUrl: string): ReturnType<typeof view> {
  const present = Object.fromEntries(Object.entries(world).filter(([, state]) => state !== "absent" && state !== "unavailable"));
  const words: ViewWords = { unavailable: Object.keys(world).filter((name) => world[name] === "unavailable") };
  return view(typeUrl === CDS ? { ...words, cds: present } : { ...words, eds: present });
}

/** Everything that can still move has moved: every source has spoken, every response was delivered and answered. */
function settle(client: ModelClient, world: World, typeUrl: string): World {
  const settled = Object.fromEntries(Object.entries(world).map(([name, state]) => [name, state === "unavailable" ? "1" : state] as const));
  client.see(viewOf(settled, typeUrl));
  for (let round = 0; client.deliver(); round += 1) expect(round).toBeLessThan(20);
  return settled;
}

describe.each(["sotw", "delta"] as const)("%s", (variant) => {
  test.each([CDS, EDS])("only what is owed is sent, and in the end the client has exactly the view (%s)", (typeUrl) => {
    const wildcards = typeUrl === CDS;
    fc.assert(
      fc.property(fc.subarray(NAMES), fc.array(op, { maxLength: 40 }), (first, ops) => {
        let world: World = Object.fromEntries(NAMES.map((name) => [name, "1" as State]));
        const client = newModelClient(variant, typeUrl, viewOf(world, typeUrl));
        client.want(wildcards ? first : ["a", ...first]);
        for (const step of ops) {
          if (step.kind === "world") {
            world = { ...world, [step.name]: step.state };
            client.see(viewOf(world, typeUrl));
          } else if (step.kind === "want") client.want(wildcards ? step.names : step.names.filter((name) => name !== "*"));
          else if (step.kind === "repeat") client.repeat(step.name);
          else client.deliver();
        }
        const settled = settle(client, world, typeUrl);
        expect(client.violations).toEqual([]);
        for (const name of NAMES) {
          const state = settled[name];
          if (state === "bad" || !client.covers(name)) continue;
          // A SotW client learns of a deleted assignment from its cluster, not from EDS (xDS rule R12).
          if (state === "absent" && variant === "sotw" && typeUrl === EDS) continue;
          expect([name, client.has(name)]).toEqual([name, state === "absent" ? undefined : state]);
        }
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });
});
