import { describe, expect, test } from "vitest";
import { followConfig } from "./follow-config.js";

/** Files that change when the test says so, and readings that end when it says so. */
class ConfigUnderTest {
  readonly taken: string[] = [];
  readonly watching = new Map<string, () => void>();
  readonly #ends: ((text: string) => void)[] = [];
  readonly following = followConfig("first", {
    load: () => new Promise<string>((resolve) => this.#ends.push(resolve)),
    watch: (read, changed) => {
      this.watching.set(read, changed);
      return { close: () => void this.watching.delete(read) };
    },
    take: (read) => void this.taken.push(read),
  });

  get readings(): number {
    return this.#ends.length;
  }

  async endReading(index: number, text: string): Promise<void> {
    this.#ends[index]?.(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("followConfig", () => {
  test("reads when told to, and not twice at once nor after the close", async () => {
    const config = new ConfigUnderTest();
    config.following.reread();
    config.following.reread();
    expect(config.readings).toBe(1);
    await config.endReading(0, "second");
    expect(config.taken).toEqual(["second"]);
    await config.following.close();
    config.following.reread();
    expect(config.readings).toBe(1);
  });

  test("takes what was read and watches the files of that reading only", async () => {
    const config = new ConfigUnderTest();
    config.watching.get("first")?.();
    await config.endReading(0, "second");
    expect(config.taken).toEqual(["second"]);
    expect([...config.watching.keys()]).toEqual(["second"]);
  });

  test("a close during a reading leaves no watch behind and takes nothing any more", async () => {
    const config = new ConfigUnderTest();
    config.watching.get("first")?.();
    await config.following.close();
    await config.endReading(0, "second");
    expect(config.taken).toEqual([]);
    expect(config.watching.size).toBe(0);
  });

  test("changes during a reading begin no other one: the next watch compares with what was read", async () => {
    const config = new ConfigUnderTest();
    const changed = config.watching.get("first");
    changed?.();
    changed?.();
    expect(config.readings).toBe(1);
    await config.endReading(0, "second");
    config.watching.get("second")?.();
    await config.endReading(1, "third");
    expect([...config.watching.keys()]).toEqual(["third"]);
    expect(config.taken).toEqual(["second", "third"]);
  });
});
