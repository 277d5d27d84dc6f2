import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Belief, confirm, type Heard, learn, wouldLose } from "./belief.js";
import type { NotWhole } from "./message.js";

const A = "10.0.0.2:53";
const B = "10.0.0.3:53";
const CUT: NotWhole = { kind: "cut", reason: "cut" };
const UNVERIFIED: NotWhole = { kind: "unverified", reason: "over UDP only" };

function records(ips: readonly string[], resolver = A, notWhole?: NotWhole): Heard {
  return { answer: { kind: "records", data: ips, ttlS: 5, ...(notWhole === undefined ? {} : { notWhole }) }, resolver };
}

function gone(resolver = A, kind: "no-name" | "no-data" = "no-name"): Heard {
  return { answer: { kind, ttlS: 5 }, resolver };
}

function after(...heard: readonly Heard[]): Belief {
  const [first, ...more] = heard;
  if (first === undefined) throw new Error("nothing heard");
  return more.reduce((belief, next) => learn(belief, next), learn(undefined, first));
}

const ONE = "10.1.0.1";
const TWO = "10.1.0.2";
const ONE_AND_TWO = records([ONE, TWO]);

describe("a whole answer of the same resolver", () => {
  test("is believed, additions and removals", () => {
    expect(after(ONE_AND_TWO, records([TWO, "10.1.0.3"]))).toMatchObject({ set: { ips: [TWO, "10.1.0.3"] }, partial: undefined });
  });

  test("that says the same in another order is the same belief", () => {
    const before = after(ONE_AND_TWO);
    expect(learn(before, records([TWO, ONE, TWO]))).toBe(before);
  });
});

describe("an absence", () => {
  test.each(["no-name", "no-data"] as const)("%s: keeps what was known until three answers in a row say so", (kind) => {
    const doubted = after(ONE_AND_TWO, gone(A, kind), gone(A, kind));
    expect(doubted).toMatchObject({ set: { ips: [ONE, TWO] }, partial: expect.stringContaining("3 answers in a row") });
    expect(learn(doubted, gone(A, kind))).toMatchObject({ set: { ips: [] }, partial: undefined, doubt: undefined });
  });

  test("is believed sooner when a second resolver says so, which can do nothing else", () => {
    const doubted = after(ONE_AND_TWO, gone());
    expect(confirm(doubted, gone(B))).toMatchObject({ set: { ips: [] }, partial: undefined, resolver: A });
    expect(confirm(doubted, gone(A))).toBe(doubted);
    expect(confirm(doubted, records([ONE], B))).toBe(doubted);
    const calm = after(ONE_AND_TWO);
    expect(confirm(calm, gone(B))).toBe(calm);
  });

  test("is over when the records are back, and counts from one again", () => {
    expect(after(ONE_AND_TWO, gone(), gone(), ONE_AND_TWO)).toMatchObject({ set: { ips: [ONE, TWO] }, partial: undefined });
    expect(after(ONE_AND_TWO, gone(), gone(), ONE_AND_TWO, gone(), gone()).set.ips).toEqual([ONE, TWO]);
  });

  test("of what was never known is believed at once: there is nothing to lose", () => {
    expect(after(gone())).toMatchObject({ set: { ips: [] }, partial: undefined });
    expect(after(gone(), gone(B))).toMatchObject({ partial: undefined });
  });
});

describe("another resolver", () => {
  test("may add at once, and takes away only after three answers", () => {
    expect(after(ONE_AND_TWO, records([ONE, TWO, "10.1.0.3"], B))).toMatchObject({ partial: undefined, resolver: B });
    const less = records([ONE, "10.1.0.9"], B);
    const doubted = after(ONE_AND_TWO, less, less);
    expect(doubted).toMatchObject({
      set: { ips: [ONE, TWO, "10.1.0.9"] },
      partial: `${B} lacks what ${A} gave: believed once two resolvers or 3 answers in a row say so`,
    });
    expect(learn(doubted, less)).toMatchObject({ set: { ips: [ONE, "10.1.0.9"] }, partial: undefined, resolver: B });
  });

  test("that is left again leaves nothing behind: the first one's next answer counts", () => {
    expect(after(ONE_AND_TWO, records(["10.1.0.9"], B), ONE_AND_TWO)).toMatchObject({ set: { ips: [ONE, TWO] }, partial: undefined });
  });
});

describe("an answer that is not whole", () => {
  test("cut: adds, and never takes away, however often", () => {
    const cut = after(ONE_AND_TWO, ...Array.from({ length: 9 }, () => records(["10.1.0.3"], A, CUT)));
    expect(cut).toMatchObject({ set: { ips: [ONE, TWO, "10.1.0.3"] }, partial: "cut" });
    expect(learn(cut, records([ONE]))).toMatchObject({ set: { ips: [ONE] }, partial: undefined });
  });

  test("unverified: changing subsets accumulate, three equal answers in a row are believed", () => {
    const subsets = after(records([ONE], A, UNVERIFIED), records([TWO], A, UNVERIFIED), records(["10.1.0.3"], A, UNVERIFIED));
    expect(subsets).toMatchObject({ set: { ips: [ONE, TWO, "10.1.0.3"] }, partial: expect.stringContaining("over UDP only") });
    const equal = records([TWO], A, UNVERIFIED);
    expect(after(ONE_AND_TWO, equal, equal).partial).toBeDefined();
    const believed = after(ONE_AND_TWO, equal, equal, equal);
    expect(believed).toMatchObject({ set: { ips: [TWO] }, partial: undefined });
    expect(learn(believed, equal)).toBe(believed);
  });

  test("accumulates no more than DNS could ever say", () => {
    let belief = after(records([ONE], A, CUT));
    for (let round = 0; round < 30; round++) {
      const ips = Array.from({ length: 1_000 }, (_, index) => `10.${round}.${index >> 8}.${index & 255}`);
      belief = learn(belief, records(ips, A, CUT));
    }
    expect(belief.set.ips.length).toBeLessThanOrEqual(8_192);
    expect(belief.set.ips.length).toBeGreaterThan(7_000);
  });
});

test("what would lose something is told without being believed", () => {
  const belief = after(ONE_AND_TWO);
  expect(wouldLose(belief, [ONE])).toBe(true);
  expect(wouldLose(belief, [TWO, ONE, "10.1.0.3"])).toBe(false);
  expect(wouldLose(undefined, [ONE])).toBe(false);
});

const ip = fc.integer({ min: 1, max: 6 }).map((host) => `10.1.0.${host}`);
const heard: fc.Arbitrary<Heard> = fc.oneof(
  fc
    .tuple(fc.uniqueArray(ip, { minLength: 1 }), fc.constantFrom(A, B), fc.constantFrom(undefined, CUT, UNVERIFIED))
    .map(([ips, resolver, notWhole]) => records(ips, resolver, notWhole)),
  fc.tuple(fc.constantFrom(A, B), fc.constantFrom("no-name", "no-data")).map(([resolver, kind]) => gone(resolver, kind)),
);

test("whatever was heard before, three whole answers of one resolver end at the truth", () => {
  fc.assert(
    fc.property(fc.array(heard, { maxLength: 12 }), fc.uniqueArray(ip), fc.constantFrom(A, B), (before, truth, resolver) => {
      const last = truth.length === 0 ? gone(resolver) : records(truth, resolver);
      expect(after(...before, last, last, last)).toMatchObject({ set: { ips: [...truth].sort() }, partial: undefined });
    }),
  );
});

test("nothing leaves but by a belief that is whole, and what an answer adds is there at once", () => {
  fc.assert(
    fc.property(fc.array(heard, { minLength: 2, maxLength: 20 }), (all) => {
      let before: Belief | undefined;
      for (const one of all) {
        const now = learn(before, one);
        const lost = before?.set.ips.some((known) => !now.set.ips.includes(known)) === true;
        if (lost) expect(now.partial).toBeUndefined();
        if (one.answer.kind === "records") for (const added of one.answer.data) expect(now.set.ips).toContain(added);
        before = now;
      }
    }),
  );
});
