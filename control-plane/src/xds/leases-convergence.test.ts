import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ResourceSets } from "./resource-set.js";
import { node, ScriptedStream, type Seen } from "./testing/scripted-stream.js";
import { CDS, EDS, view } from "./testing/views.js";

const TTL_MS = 10_000;
/** A response is answered within this: with half of the time left when it is sent, nothing runs out. */
const ANSWERED_WITHIN_MS = 2_000;
const BAD = "bad";
const NAMES = ["a", "b", "c", "lasting"] as const;
type Name = (typeof NAMES)[number];

/** A client that drops what it hears nothing of, and answers late. */
class ForgetfulClient {
  readonly violations: string[] = [];
  /** Whether a name is still in the view. */
  stands: (name: string) => boolean = () => true;
  readonly #stream: ScriptedStream;
  readonly #typeUrl: string;
  readonly #variant: "sotw" | "delta";
  readonly #has = new Map<string, { readonly version: string; readonly endsMs: number }>();
  #unanswered: { readonly response: Seen; readonly answerAtMs: number } | undefined;
  #names: readonly string[] = NAMES;
  /** Dropped while a response was on its way, which may still speak of them. */
  readonly #crossed = new Set<string>();

  constructor(sets: ResourceSets, variant: "sotw" | "delta", typeUrl: string) {
    this.#stream = new ScriptedStream(sets, { variant });
    this.#variant = variant;
    this.#typeUrl = typeUrl;
    const clientFeatures = ["xds.config.supports-resource-ttl", "xds.config.resource-in-sotw"];
    const from = { node: { ...node(), clientFeatures } };
    this.#receive(
      variant === "sotw" ? this.#stream.sotw(typeUrl, NAMES, from) : this.#stream.delta(typeUrl, { subscribe: NAMES, ...from }),
    );
  }

  see(sets: ResourceSets): void {
    this.#receive(this.#stream.view(sets));
  }

  want(names: readonly Name[]): void {
    const [added, dropped] = [
      names.filter((name) => !this.#names.includes(name)),
      this.#names.filter((name) => !names.includes(name as Name)),
    ];
    this.#names = names;
    for (const each of dropped) {
      this.#has.delete(each);
      this.#crossed.add(each);
    }
    if (this.#variant === "sotw") this.#receive(this.#stream.sotw(this.#typeUrl, names, { nonce: "" }));
    else if (added.length + dropped.length > 0)
      this.#receive(this.#stream.delta(this.#typeUrl, { subscribe: added, unsubscribe: dropped }));
  }

  /** Time passes in the steps in which something happens. */
  pass(ms: number): void {
    const untilMs = this.#stream.nowMs + ms;
    for (let steps = 0; this.#stream.nowMs < untilMs; steps++) {
      const dueMs = Math.max(this.#stream.machine.dueMs ?? untilMs, this.#stream.nowMs + 1);
      const answerMs = this.#unanswered?.answerAtMs ?? untilMs;
      this.#stream.nowMs = Math.min(untilMs, dueMs, Math.max(answerMs, this.#stream.nowMs));
      this.#expire();
      if (answerMs <= this.#stream.nowMs) this.#answer();
      else if (dueMs <= this.#stream.nowMs) this.#receive(this.#stream.tick(0));
      else break;
      if (steps > 1_000) throw new Error("it never comes to rest");
    }
    this.#stream.nowMs = untilMs;
    this.#expire();
  }

  has(name: string): string | undefined {
    return this.#has.get(name)?.version;
  }

  #expire(): void {
    for (const [name, { endsMs }] of this.#has) {
      if (endsMs > this.#stream.nowMs) continue;
      this.#has.delete(name);
      if (this.stands(name)) this.violations.push(`${name} ran out at ${this.#stream.nowMs}`);
    }
  }

  #receive(responses: readonly Seen[]): void {
    for (const response of responses) {
      if (this.#unanswered !== undefined) this.violations.push("sent although a response is unanswered");
      const late = (Number.parseInt(response.nonce, 36) * 7919) % ANSWERED_WITHIN_MS;
      this.#crossed.clear();
      this.#unanswered = { response, answerAtMs: this.#stream.nowMs + late };
    }
  }

  #answer(): void {
    const response = this.#unanswered?.response;
    if (response === undefined) return;
    this.#unanswered = undefined;
    const { resources, heartbeats, removed } = response.content;
    const bad = resources.filter(({ version }) => version === BAD).map(({ name }) => name);
    if (this.#typeUrl === CDS && this.#variant === "sotw")
      for (const name of [...this.#has.keys()]) if (!resources.some((one) => one.name === name)) this.#has.delete(name);
    for (const one of resources) if (one.version !== BAD && this.#names.includes(one.name)) this.#hold(one);
    for (const name of removed) this.#has.delete(name);
    for (const beat of heartbeats) {
      if (this.has(beat.name) === beat.version) this.#hold(beat);
      else if (!this.#crossed.has(beat.name)) this.violations.push(`a heartbeat of ${beat.name}@${beat.version}, which it does not have`);
    }
    const refusal = bad.length === 0 ? undefined : { reason: "bad", resources: bad };
    if (this.#variant === "delta") this.#receive(this.#stream.delta(this.#typeUrl, { nonce: response.nonce, refusal }));
    else this.#receive(this.#stream.sotw(this.#typeUrl, this.#names, { nonce: response.nonce, refusal }));
  }

  #hold({ name, version, ttlMs }: { readonly name: string; readonly version: string; readonly ttlMs?: number }): void {
    this.#has.set(name, { version, endsMs: ttlMs === undefined ? Number.POSITIVE_INFINITY : this.#stream.nowMs + ttlMs });
  }
}

type Versions = Partial<Record<Name, string>>;

function viewOf(typeUrl: string, versions: Versions): ResourceSets {
  const sets = view(typeUrl === CDS ? { cds: versions } : { eds: versions });
  const set = sets.types.get(typeUrl);
  if (set === undefined) throw new Error("no such type");
  const resources = new Map([...set.resources].map(([name, one]) => [name, name === "lasting" ? one : timed(one)]));
  return { ...sets, types: new Map([...sets.types, [typeUrl, { ...set, resources }]]) };
}

const made = new Map<object, object>();
function timed<T extends object>(one: T): T {
  const known = made.get(one) ?? { ...one, ttlMs: TTL_MS };
  made.set(one, known);
  return known as T;
}

const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  fc.record({ kind: fc.constant("change" as const), name, version: fc.constantFrom("1", "2", "3", BAD) }),
  fc.record({ kind: fc.constant("remove" as const), name }),
  fc.record({ kind: fc.constant("want" as const), names: fc.subarray([...NAMES], { minLength: 1 }) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 15_000 }) }),
);

describe.each([
  ["delta", EDS],
  ["delta", CDS],
  ["sotw", EDS],
  ["sotw", CDS],
] as const)("%s %s", (variant, typeUrl) => {
  test("R31: whatever changes, nothing that stands runs out at a client that answers within a fifth of its time, and in the end it has the view", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let versions: Versions = { a: "1", b: "1", lasting: "1" };
        let wanted: readonly Name[] = NAMES;
        const client = new ForgetfulClient(viewOf(typeUrl, versions), variant, typeUrl);
        // What was gone is on its way out, until it is back, is good, and the client has had the time to hear of it.
        const ending = new Set<string>();
        client.stands = (each) => each in versions && !ending.has(each);
        for (const one of steps) {
          if (one.kind === "pass") {
            client.pass(one.ms);
            const isHeard = (each: string) => one.ms > 2 * ANSWERED_WITHIN_MS && ![undefined, BAD].includes(versions[each as Name]);
            for (const each of ending) if (isHeard(each)) ending.delete(each);
          } else if (one.kind === "want") {
            wanted = one.names;
            client.want(one.names);
          } else {
            const { [one.name]: _gone, ...others } = versions;
            versions = one.kind === "change" ? { ...others, [one.name]: one.version } : others;
            if (one.kind === "remove") ending.add(one.name);
            client.see(viewOf(typeUrl, versions));
          }
        }
        client.pass(5 * TTL_MS);
        expect(client.violations).toEqual([]);
        for (const each of wanted) {
          // Of a SotW assignment nobody is told that it is gone: it runs out, if it can.
          const isUntold = variant === "sotw" && typeUrl === EDS && each === "lasting" && versions[each] === undefined;
          if (versions[each] !== BAD && !isUntold) expect([each, client.has(each)]).toEqual([each, versions[each]]);
        }
      }),
      { numRuns: 300, seed: 31 },
    );
  }, 60_000);
});
