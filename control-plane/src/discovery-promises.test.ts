// What the control plane promises about discovery, over the real registry, checker and publisher on one clock: whatever the
// sources say in whatever order, and whatever guard is active.

import { Cell, type EndpointId, KeyedCell, newMetrics, type ServiceName, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CheckSettings, Safety, ServiceSettings } from "./config/index.js";
import { endpointAt, FakeSource } from "./discovery/testing/fake-source.js";
import { Judge, NO_VOTES, newChecker, type Opinions, type Verdict } from "./health/index.js";
import { NO_CALLERS } from "./health/testing/evidence.js";
import { REFUSED, ScriptedProbe, settled, TCP } from "./health/testing/scripted-probe.js";
import { Records } from "./records/index.js";
import { LiveRegistry } from "./registry/index.js";
import { Publisher, publishedEndpoint, type SnapshotEndpoint } from "./snapshot/index.js";
import { settingsWith } from "./snapshot/testing/settings.js";

const SERVICES = ["shop", "cart"] as ServiceName[];
const SHOP = "shop" as ServiceName;
const SAFETY_PRESETS: readonly Safety[] = ["standard", "cautious", "off"];
const PORTS = [1, 2, 3, 4, 5, 6, 7, 8];
/** The longest hold there is, of the preset `cautious`, and time for what it touches. */
const QUIESCENCE_MS = 920_000;

function plane(settings: ServiceSettings) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const records = new Records(clock);
  const { confirmations } = records;
  const sources = [new FakeSource("one", { kind: "pending" }), new FakeSource("two", { kind: "pending" })] as const;
  const registry = new LiveRegistry({ clock, log, metrics, confirmations, remembered: new Map() });
  const configure = (next: ServiceSettings) => registry.configure({ sources, services: new Map(), defaults: next });
  configure(settings);
  const probe = new ScriptedProbe(clock);
  const checks = new Cell((): CheckSettings => settings.check);
  const { services } = registry;
  const checker = settings.check.type === "none" ? undefined : newChecker({ services, checks, probe, clock, rng: seeded(1), log, metrics });
  const judging = (opinions: Opinions): Judge =>
    new Judge({
      services,
      checks: opinions,
      callers: NO_CALLERS,
      votes: NO_VOTES,
      confirmations,
      clock,
      log,
      metrics,
      settingsOf: () => settings,
      served: (service, id): SnapshotEndpoint | undefined => {
        const entry = publishedEndpoint(publisher.snapshot.value.services.get(service), id);
        return entry?.health === "healthy" ? entry : undefined;
      },
    });
  const verdicts = checker === undefined ? new KeyedCell<ServiceName, ReadonlyMap<EndpointId, Verdict>>() : judging(checker).verdicts;
  registry.useEvidence({ verdict: (service, endpoint) => verdicts.value.get(service)?.get(endpoint) });
  verdicts.watch((_all, changed) => registry.reconsider(changed));
  const publisher = new Publisher(
    {
      clock,
      log,
      metrics,
      services,
      sources: registry.sources,
      verdicts,
      confirmations,
      lineage: { lineage: "l", epoch: 1 },
      saved: new Map(),
      usage: { usage: () => ({ byName: 0, byWildcard: 0, quietSinceMs: 0 }) },
      bootWaitMs: 0,
    },
    () => settings,
  );
  const published = (service: ServiceName) => publisher.snapshot.value.services.get(service)?.endpoints ?? [];
  return { clock, records, sources, registry, configure, probe, checker, publisher, published };
}

type Plane = ReturnType<typeof plane>;

type SourceEvent =
  | {
      readonly kind: "complete" | "partial" | "stale";
      readonly source: 0 | 1;
      readonly service: ServiceName;
      readonly ports: readonly number[];
    }
  | { readonly kind: "pending" | "unlisted"; readonly source: 0 | 1; readonly service: ServiceName }
  | { readonly kind: "listing-complete" | "listing-lost"; readonly source: 0 | 1 }
  | { readonly kind: "disturbed"; readonly source: 0 | 1; readonly forMs: number }
  | { readonly kind: "confirm"; readonly service: ServiceName }
  | { readonly kind: "safety"; readonly preset: ServiceSettings["safety"] }
  | { readonly kind: "time"; readonly ms: number };

const aSource = fc.constantFrom(0 as const, 1 as const);
const aService = fc.constantFrom(...SERVICES);
const anEvent: fc.Arbitrary<SourceEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("complete", "complete", "partial", "stale"),
      source: aSource,
      service: aService,
      ports: fc.subarray(PORTS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("pending", "unlisted"), source: aSource, service: aService }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("listing-complete", "listing-lost"), source: aSource }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("disturbed"), source: aSource, forMs: fc.nat(120_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("confirm"), service: aService }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("safety"), preset: fc.constantFrom(...SAFETY_PRESETS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("time"), ms: fc.constantFrom(0, 5, 400, 1_100, 5_000, 40_000, 310_000) }) },
) as fc.Arbitrary<SourceEvent>;

function happen(event: SourceEvent, { clock, records, sources, configure }: Plane): void {
  switch (event.kind) {
    case "time":
      clock.advance(event.ms);
      break;
    case "confirm":
      records.confirm(event.service, { author: "ops", reason: "meant" });
      break;
    case "safety":
      configure(settingsWith({ check: { type: "none" }, safety: event.preset }));
      break;
    case "disturbed":
      sources[event.source].disturbedUntilMs.set(clock.wallMs() + event.forMs);
      break;
    case "listing-complete":
      sources[event.source].list();
      break;
    case "listing-lost":
      sources[event.source].listing.set({ kind: "stale", sinceMs: clock.wallMs(), cause: "lost", quarantined: [] });
      break;
    case "unlisted":
      sources[event.source].drop(event.service);
      break;
    case "pending":
      sources[event.source].pend(event.service);
      break;
    case "stale":
      sources[event.source].stale(
        event.service,
        event.ports.map((port) => endpointAt(port)),
        "lost",
      );
      break;
    default: {
      const endpoints = event.ports.map((port) => endpointAt(port));
      const completeness = event.kind === "complete" ? { kind: "complete" as const } : { kind: "partial" as const, reason: "some" };
      sources[event.source].see(event.service, endpoints, completeness);
    }
  }
}

/** What each source last said of each endpoint: it gives it, it certainly does not, or it gave it and cannot say. */
class Words {
  readonly #words = new Map<string, "gives" | "no" | "unsure">();
  readonly #sources: Plane["sources"];

  constructor(sources: Plane["sources"]) {
    this.#sources = sources;
    for (const source of sources) {
      source.services.watch(() => this.#listen(source));
      source.listing.watch(() => this.#listen(source));
    }
  }

  /** Every source that gave it has said completely that it does not any more. */
  backRemoval(service: ServiceName, port: number): boolean {
    // The registry may have heard of the newest word first.
    for (const source of this.#sources) this.#listen(source);
    return this.#sources.every(({ name }) => ["no", undefined].includes(this.#words.get(`${name} ${service} ${port}`)));
  }

  #listen({ name, services, listing }: FakeSource): void {
    for (const service of SERVICES) {
      const state = services.value.get(service);
      const given = state === undefined || state.kind === "pending" ? undefined : state.reading.endpoints;
      const certain =
        state === undefined
          ? listing.value.kind === "seen" && listing.value.completeness.kind === "complete"
          : state.kind === "seen" && state.reading.completeness.kind === "complete";
      for (const port of PORTS) {
        const key = `${name} ${service} ${port}`;
        if (given?.has(endpointAt(port).id) === true) this.#words.set(key, "gives");
        else if (certain) this.#words.set(key, "no");
        else if (this.#words.get(key) === "gives") this.#words.set(key, "unsure");
      }
    }
  }
}

test("any interleaving of source events ends at the truth after quiescence", () => {
  const aTruth = fc.record({ one: fc.subarray(PORTS), two: fc.subarray(PORTS) });
  fc.assert(
    fc.property(
      fc.array(anEvent, { maxLength: 40 }),
      fc.constantFrom("union" as const, "first" as const),
      aTruth,
      (events, merge, truth) => {
        const settings = settingsWith({ check: { type: "none" }, merge });
        const world = plane(settings);
        for (const event of events) happen(event, world);
        world.configure(settings);
        for (const [index, source] of world.sources.entries()) {
          source.list();
          for (const service of SERVICES)
            source.see(
              service,
              (index === 0 ? truth.one : truth.two).map((port) => endpointAt(port)),
            );
        }
        world.clock.advance(QUIESCENCE_MS);
        const union = [...new Set([...truth.one, ...truth.two])].sort();
        const wanted = merge === "union" ? union : truth.one.length > 0 ? truth.one : truth.two;
        for (const service of SERVICES) expect(world.published(service).map(({ endpoint }) => endpoint.port)).toEqual(wanted);
        if (wanted.length * 2 >= PORTS.length) expect(world.registry.services.value.get(SHOP)?.confirmed).toBeUndefined();
      },
    ),
    { numRuns: 300 },
  );
});

test("no removal is published that no complete reading backs", () => {
  fc.assert(
    fc.property(fc.array(anEvent, { minLength: 20, maxLength: 80 }), (events) => {
      const world = plane(settingsWith({ check: { type: "none" } }));
      const words = new Words(world.sources);
      const unbacked: string[] = [];
      let before = world.registry.services.value;
      // What the registry still has is published: the publisher removes nothing of its own accord (asserted below).
      world.registry.services.watch((now) => {
        for (const service of SERVICES) {
          for (const { endpoint } of before.get(service)?.endpoints.values() ?? []) {
            if (now.get(service)?.endpoints.has(endpoint.id) === true) continue;
            if (!words.backRemoval(service, endpoint.port)) unbacked.push(`${service} ${endpoint.port}`);
          }
        }
        before = now;
      });
      world.publisher.snapshot.watch(({ services }) => {
        for (const service of SERVICES) {
          const shown = new Set(services.get(service)?.endpoints.map(({ endpoint }) => endpoint.port));
          const registered = [...(world.registry.services.value.get(service)?.endpoints.values() ?? [])];
          if (services.has(service))
            for (const { endpoint } of registered) if (!shown.has(endpoint.port)) unbacked.push(`unpublished ${endpoint.id}`);
        }
      });
      for (const event of events) happen(event, world);
      world.clock.advance(QUIESCENCE_MS);
      expect(unbacked).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("no combination of guards keeps a refusing endpoint longer than 1 s while half of the set accepts", async () => {
  const settings = fc.record({
    safety: fc.constantFrom(...SAFETY_PRESETS),
    unlisted: fc.constantFrom("remove" as const, "keep-while-healthy" as const),
    merge: fc.constantFrom("union" as const, "first" as const),
  });
  // One service: probes are told apart by address.
  const ofShop = (event: SourceEvent) => event.kind !== "safety" && (!("service" in event) || event.service === SHOP);
  const events = fc.array(anEvent.filter(ofShop), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      settings,
      events,
      events,
      fc.subarray(PORTS, { minLength: 1, maxLength: PORTS.length / 2 }),
      async (own, first, then, dead) => {
        const world = plane(settingsWith({ ...own, check: TCP }));
        for (const source of world.sources) source.list();
        world.sources[0].see(
          SHOP,
          PORTS.map((port) => endpointAt(port)),
        );
        await pass(world, 6_000);
        for (const event of first) await live(event, world);
        for (const port of dead) world.probe.behaviours.set(`10.0.0.1:${port}`, REFUSED);
        const from = world.clock.nowMs();
        for (const event of [...then, { kind: "time", ms: 6_000 } as const]) await live(event, world, () => expectOut(world, dead, from));
        await world.checker?.close();
        await world.publisher.close();
        await world.registry.close();
      },
    ),
    { numRuns: 40 },
  );
});

/** Whoever was refused a second ago or more, since it died and was listed, is published as unhealthy or not at all. */
function expectOut({ clock, probe, published }: Plane, dead: readonly number[], diedAtMs: number): void {
  const wallOffsetMs = clock.wallMs() - clock.nowMs();
  for (const { endpoint, health, sinceMs } of published(SHOP)) {
    if (!dead.includes(endpoint.port)) continue;
    const fromMs = Math.max(diedAtMs, sinceMs - wallOffsetMs);
    const refusedAtMs = probe.timesOf(`10.0.0.1:${endpoint.port}`).find((atMs) => atMs >= fromMs);
    if (refusedAtMs !== undefined && clock.nowMs() - refusedAtMs >= 1_000)
      expect(`${endpoint.port} ${health}`).toBe(`${endpoint.port} unhealthy`);
  }
}

async function live(event: SourceEvent, world: Plane, look = () => {}): Promise<void> {
  if (event.kind === "time") return pass(world, Math.min(event.ms, 6_000), look);
  happen(event, world);
  await pass(world, 50, look);
}

async function pass({ clock }: Plane, ms: number, look = () => {}): Promise<void> {
  for (let goneMs = 0; goneMs < ms; goneMs += 50) {
    clock.advance(50);
    await settled();
    look();
  }
}
