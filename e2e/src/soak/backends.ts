// Backends that die, fall silent, fail and return, one at a time.

import { setTimeout as sleep } from "node:timers/promises";
import type { Rng } from "@fairlead/shared";
import { type Backend, startBackend } from "../harness/backend.js";

const NAMES = ["one", "two", "three", "four"] as const;

/** What needs no control plane. */
export const OF_BACKENDS = ["killed", "silent", "failing", "resetting"] as const;
export const TROUBLES = [...OF_BACKENDS, "unlisted"] as const;
type Trouble = (typeof TROUBLES)[number];

export class Backends {
  /** Those that were killed too. */
  readonly #all: Backend[] = [];
  readonly #now = new Map<string, Backend>();
  readonly troubles: Record<string, number> = {};
  /** Told whenever another list holds. */
  onList: ((addresses: readonly string[]) => void) | undefined;

  static async start(): Promise<Backends> {
    const backends = new Backends();
    for (const name of NAMES) backends.#add(await startBackend({ name }));
    return backends;
  }

  get addresses(): readonly string[] {
    return [...this.#now.values()].map(({ address }) => address);
  }

  get names(): readonly string[] {
    return NAMES;
  }

  /** How often each id has arrived, at all of them together. */
  arrived(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const backend of this.#all) {
      for (const [id, count] of backend.seen().byId) counts.set(id, (counts.get(id) ?? 0) + count);
    }
    return counts;
  }

  /** One of them is in trouble for a while, and well again. */
  async trouble(rng: Rng, { kinds, forMs }: { readonly kinds: readonly Trouble[]; readonly forMs: number }): Promise<void> {
    const kind = kinds[Math.floor(rng.next() * kinds.length)] ?? "killed";
    const backend = this.#now.get(NAMES[Math.floor(rng.next() * NAMES.length)] ?? "one");
    if (backend === undefined) return;
    this.troubles[kind] = (this.troubles[kind] ?? 0) + 1;
    switch (kind) {
      case "killed":
        await backend.kill();
        await sleep(forMs);
        this.#add(await startBackend({ name: backend.name, port: backend.port }));
        return;
      case "silent":
        await backend.suspend();
        await sleep(forMs);
        backend.resume();
        return;
      case "failing":
      case "resetting":
        await backend.behave(kind === "failing" ? { kind: "status", status: 500 } : { kind: "reset" });
        await sleep(forMs);
        await backend.behave({ kind: "answer" });
        return;
      case "unlisted":
        this.onList?.(this.addresses.filter((address) => address !== backend.address));
        await sleep(forMs);
        this.onList?.(this.addresses);
        return;
    }
  }

  #add(backend: Backend): void {
    this.#all.push(backend);
    this.#now.set(backend.name, backend);
  }
}
