import { fail, type Loaded, newMetrics, ok, type Result } from "@fairlead/shared";
import { FakeClock, MemoryStore, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { Fallback } from "./fallback.js";
import { readState, type SavedResource, writeState } from "./saved-state.js";

function setUp(store = new MemoryStore()) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const fallback = new Fallback({ store, nodeId: "web-7", clock, log, metrics });
  return { fallback, store, clock, log, metrics };
}

function resource(name: string, version = "1"): SavedResource {
  return { typeUrl: "t", name, version, value: Buffer.from(`${name} ${version}`) };
}

const stateOf = (...resources: SavedResource[]) => ({ position: "p", resources });

/** Lets the promises of a save that is due run to their end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

async function advance(clock: FakeClock, ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

function savedNames(store: MemoryStore): string[] {
  const state = store.saved === undefined ? undefined : readState(store.saved.payload);
  return state?.ok ? state.value.resources.map(({ name, version }) => `${name}@${version}`) : [];
}

describe("what is in force", () => {
  test("is on disk 50 ms later, as live state of this node", async () => {
    const { fallback, store, clock } = setUp();
    fallback.keep(stateOf(resource("shop")));
    await advance(clock, 49);
    expect(store.saved).toBeUndefined();
    await advance(clock, 1);
    expect(savedNames(store)).toEqual(["shop@1"]);
    expect(fallback.status.value).toMatchObject({ origin: "live", savedAtMs: clock.wallMs(), saveFailure: undefined });
  });

  test("is written at most once per second under churn, and its last state is what is on disk", async () => {
    const { fallback, store, clock } = setUp();
    for (let i = 1; i <= 100; i++) {
      fallback.keep(stateOf(resource("shop", String(i))));
      await advance(clock, 30);
    }
    expect(store.saved?.sequence).toBeLessThanOrEqual(4);
    await advance(clock, 1_000);
    expect(savedNames(store)).toEqual(["shop@100"]);
    expect(clock.pendingCount).toBe(0);
  });

  test("is not written again when only the position changed", async () => {
    const { fallback, store, clock } = setUp();
    fallback.keep(stateOf(resource("shop"), resource("cart")));
    await advance(clock, 50);
    fallback.keep({ position: "p2", resources: [resource("cart"), resource("shop")] });
    await advance(clock, 5_000);
    expect(store.saved?.sequence).toBe(1);
  });

  test("is written at once on close, and nothing is scheduled afterwards", async () => {
    const { fallback, store, clock } = setUp();
    fallback.keep(stateOf(resource("shop")));
    await fallback.close();
    expect(savedNames(store)).toEqual(["shop@1"]);
    fallback.keep(stateOf(resource("cart")));
    expect(clock.pendingCount).toBe(0);
  });
});

describe("a disk that fails", () => {
  test("degrades visibly, is logged once, counted every time, and tried again by itself", async () => {
    const { fallback, store, clock, log, metrics } = setUp();
    store.failure = "no space left on device";
    fallback.keep(stateOf(resource("shop")));
    await advance(clock, 50);
    const sinceMs = clock.wallMs();
    await advance(clock, 5_000);
    await advance(clock, 5_000);
    expect(fallback.status.value.saveFailure).toEqual({ sinceMs, cause: "no space left on device" });
    expect(log.count("fallback-save-failed")).toBe(1);
    expect(await metrics.expose()).toContain("fairlead_fallback_save_failures_total 3");
    store.failure = undefined;
    await advance(clock, 5_000);
    expect(savedNames(store)).toEqual(["shop@1"]);
    expect(fallback.status.value.saveFailure).toBeUndefined();
    expect(log.count("fallback-save-works-again")).toBe(1);
  });
});

describe("at boot", () => {
  async function savedBy(nodeId: string, fellBack?: string): Promise<MemoryStore> {
    const store = new MemoryStore();
    await store.save(writeState({ nodeId, ...stateOf(resource("shop")) }), 1_000);
    if (store.saved !== undefined && fellBack !== undefined) store.saved = { ...store.saved, fellBack };
    return store;
  }

  test("nothing saved is no failure", async () => {
    const { fallback } = setUp();
    expect(await fallback.load()).toBeUndefined();
    expect(fallback.status.value).toMatchObject({ origin: "none", loadFailure: undefined });
  });

  test("gives what was saved, with its age", async () => {
    const { fallback } = setUp(await savedBy("web-7"));
    expect(await fallback.load()).toMatchObject({ nodeId: "web-7", position: "p", savedAtMs: 1_000, resources: [resource("shop")] });
    expect(fallback.status.value).toMatchObject({ origin: "disk", savedAtMs: 1_000, fellBack: undefined });
  });

  test("does not write again what it has just read", async () => {
    const { fallback, store, clock } = setUp(await savedBy("web-7"));
    await fallback.load();
    fallback.keep(stateOf(resource("shop")));
    await advance(clock, 2_000);
    expect(store.saved?.sequence).toBe(1);
  });

  test("an older generation is used and said so", async () => {
    const { fallback, log } = setUp(await savedBy("web-7", "the checksum does not match"));
    expect(await fallback.load()).toBeDefined();
    expect(fallback.status.value.fellBack).toBe("the checksum does not match");
    expect(log.count("fallback-older-generation")).toBe(1);
  });

  test("the state of another node is used and said so", async () => {
    const { fallback, log } = setUp(await savedBy("web-8"));
    expect(await fallback.load()).toBeDefined();
    expect(log.count("fallback-of-another-node")).toBe(1);
  });

  test("a store with nothing to trust leaves none, with the reason", async () => {
    class BrokenStore extends MemoryStore {
      override load(): Promise<Result<Loaded | undefined>> {
        return Promise.resolve(fail("a: the checksum does not match; b: no header line"));
      }
    }
    const { fallback } = setUp(new BrokenStore());
    expect(await fallback.load()).toBeUndefined();
    expect(fallback.status.value).toMatchObject({ origin: "none", loadFailure: "a: the checksum does not match; b: no header line" });
  });

  test("a payload of another version leaves none, with the reason", async () => {
    const store = new MemoryStore();
    expect(await store.save(Buffer.from("{}"), 1)).toEqual(ok(undefined));
    const { fallback } = setUp(store);
    expect(await fallback.load()).toBeUndefined();
    expect(fallback.status.value.loadFailure).toContain("lacks");
  });
});
