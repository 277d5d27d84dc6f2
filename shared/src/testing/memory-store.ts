import type { DurableStore, Loaded } from "../durable/store.js";
import { fail, ok, type Result } from "../result.js";

/** A store that forgets with the process and can be told to fail, for tests of what happens then. */
export class MemoryStore implements DurableStore {
  saved: Loaded | undefined;
  /** While set, every save fails with this reason. */
  failure: string | undefined;

  load(): Promise<Result<Loaded | undefined>> {
    return Promise.resolve(ok(this.saved));
  }

  save(payload: Uint8Array, savedAtMs: number): Promise<Result<void>> {
    if (this.failure !== undefined) return Promise.resolve(fail(this.failure));
    this.saved = { payload: Buffer.from(payload), savedAtMs, sequence: (this.saved?.sequence ?? 0) + 1, fellBack: undefined };
    return Promise.resolve(ok(undefined));
  }
}
