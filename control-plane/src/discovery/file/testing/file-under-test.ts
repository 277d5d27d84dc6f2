import { fail, ok, type Result, type ServiceName, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import type { StaticEndpointSettings } from "../../../config/index.js";
import type { Source } from "../../source.js";
import { nameOf } from "../../zookeeper/testing/zookeeper-under-test.js";
import { fileSource, type ServiceLists } from "../file-source.js";

/** A file in memory whose reader and watcher are told about it by the test. */
export class FakeFile {
  content: Result<string>;
  reads = 0;
  readonly #watchers = new Set<() => void>();
  #held: (() => void)[] | undefined;

  constructor(content: Result<string>) {
    this.content = content;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** What was there when the read began arrives, at once or when `release` is called. */
  async read(): Promise<Result<string>> {
    this.reads += 1;
    const { content } = this;
    const held = this.#held;
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
    return content;
  }

  watch(onChange: () => void) {
    this.#watchers.add(onChange);
    return { close: () => void this.#watchers.delete(onChange) };
  }

  write(text: string): void {
    this.content = ok(text);
    for (const watcher of this.#watchers) watcher();
  }

  vanish(): void {
    this.content = fail("no such file");
    for (const watcher of this.#watchers) watcher();
  }

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }
}

/** One line per service: `shop=10.0.0.1:80,10.0.0.2:80`; `!shop REASON` quarantines a member, `!shop twice` a repeated one; a line without `=` breaks the file. */
export function parseLines({ file, text }: { readonly file: string; readonly text: string }): Result<ServiceLists, readonly string[]> {
  const services = new Map<ServiceName, readonly StaticEndpointSettings[]>();
  const quarantined: { service: string; place: string; reason: string; hides: boolean }[] = [];
  const problems: string[] = [];
  text.split("\n").forEach((line, index) => {
    const place = `${file}:${index + 1}:1`;
    const bad = /^!(\S+) (.*)$/.exec(line);
    const good = /^(\S+)=(\S*)$/.exec(line);
    if (bad !== null) quarantined.push({ service: bad[1] ?? "", place, reason: bad[2] ?? "", hides: bad[2] !== "twice" });
    else if (good === null) problems.push(`${place} expected a service and its endpoints`);
    else services.set(nameOf(good[1] ?? ""), membersOf(good[2] ?? "", place));
  });
  return problems.length > 0 ? fail(problems) : ok({ services, quarantined });
}

function membersOf(list: string, place: string): StaticEndpointSettings[] {
  return list
    .split(",")
    .filter((address) => address !== "")
    .map((address) => ({ address, weight: 100, zone: "default", place }));
}

export interface FileUnderTest {
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  readonly file: FakeFile;
  readonly source: Source;
}

export function fileUnderTest(content: Result<string>): FileUnderTest {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const file = new FakeFile(content);
  const source = fileSource({
    settings: { type: "file", name: "lists", path: "/etc/lists.yaml" },
    clock,
    rng: seeded(5),
    log,
    file,
    parse: parseLines,
    explain: (problem) => problem,
  });
  return { clock, log, file, source };
}

/** Lets the reads that can finish do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
