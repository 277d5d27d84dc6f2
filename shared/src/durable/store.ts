import type { Result } from "../result.js";

export interface Loaded {
  readonly payload: Buffer;
  /** Wall clock at the save, ms since 1970. */
  readonly savedAtMs: number;
  /** Saves since the first; larger is newer. */
  readonly sequence: number;
  /** Why a newer generation was passed over (checksum, torn write, unknown format); undefined when this is the newest. */
  readonly fellBack: string | undefined;
}

/** One durable value on disk, two generations. A save that fails leaves the older ones as they were. */
export interface DurableStore {
  /** `undefined` when nothing was ever saved; an error when something was and no generation can be trusted. */
  load(): Promise<Result<Loaded | undefined>>;
  /** Resolves once the bytes would survive a power cut. Saves run one after the other; only the newest waiting one is written. */
  save(payload: Uint8Array, savedAtMs: number): Promise<Result<void>>;
}
