import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { seeded } from "@fairlead/shared";
import { answers, requests } from "../../conformance/corpus.js";
import { repositoryTop } from "../../harness/paths.js";
import { stopLater } from "../../harness/teardown.js";
import type { Bench } from "../bench.js";
import { instrumented, provideCounters } from "./instrument.js";

const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? "60");
const SEED = Number(process.env["FUZZ_SEED"] ?? "1");
const KEPT = join(repositoryTop, "sidecar/src/forward/fixtures/http1-fuzzed.json");
const HTTP1 = join(repositoryTop, "sidecar/dist/forward/http1");

interface Input {
  readonly kind: "request" | "answer" | "head-answer";
  readonly raw: string;
  readonly cuts: readonly number[];
}

/** `forward/http1/testing/fuzzer.js` and `oracle.js` of the copy that counts. */
interface Fuzzer {
  fuzz(options: {
    readonly seeds: readonly Input[];
    readonly rng: ReturnType<typeof seeded>;
    readonly counters: Uint8Array;
    readonly faultOf: (input: Input) => string | undefined;
    readonly goesOn: (executions: number) => boolean;
  }): {
    readonly executions: number;
    readonly branches: number;
    readonly branchesReached: number;
    readonly kept: readonly Input[];
    readonly found: readonly { readonly input: Input; readonly fault: string }[];
  };
}

/**
 * The HTTP/1.1 machines with a counter in every branch, fed with changed messages of the corpus: what is forwarded must be read by
 * the strict reader as what was meant, nothing throws, and no cut changes a meaning. Inputs that reach something new are kept in
 * `fixtures/http1-fuzzed.json`, and a unit test runs them. FUZZ_SECONDS (60) and FUZZ_SEED (1) say how long and which way.
 */
export const fuzz: Bench = {
  name: "fuzz",
  measures: "executions and branches reached by changed messages in the HTTP/1.1 machines; a wrong one is printed and fails it",
  run: async () => {
    const { folder, counters } = countingCopy();
    const load = (name: string) => import(pathToFileURL(join(folder, "testing", name)).href);
    const fuzzer = (await load("fuzzer.js")) as Fuzzer;
    const { faultOf } = (await load("oracle.js")) as { faultOf: (input: Input) => string | undefined };
    const endMs = performance.now() + SECONDS * 1_000;
    const startMs = performance.now();
    const goesOn = (executions: number) => executions % 64 !== 0 || performance.now() < endMs;
    const { kept, found, ...counts } = fuzzer.fuzz({ seeds: [...seeds(), ...keptBefore()], rng: seeded(SEED), counters, faultOf, goesOn });
    const seconds = (performance.now() - startMs) / 1_000;
    for (const { input, fault } of found) console.log(`${JSON.stringify(input)}\n  ${fault.slice(0, 2_000)}`);
    if (found.length > 0) throw new Error(`${found.length} inputs were taken wrongly`);
    writeFileSync(KEPT, `[\n${kept.map((input) => `  ${asciiJson(input)}`).join(",\n")}\n]\n`);
    return { ...counts, kept: kept.length, per_second: Math.round(counts.executions / seconds), seed: SEED };
  },
};

function seeds(): readonly Input[] {
  const asked = requests().map(({ raw }): Input => ({ kind: "request", raw, cuts: [raw.length >> 1] }));
  const answered = answers().map(({ raw, method }): Input => {
    return { kind: method === "HEAD" ? "head-answer" : "answer", raw, cuts: [raw.length >> 1] };
  });
  return [...asked, ...answered];
}

function keptBefore(): readonly Input[] {
  try {
    return JSON.parse(readFileSync(KEPT, "utf8")) as Input[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Beside the built modules, so that what they import is found; gone when the bench ends. */
function countingCopy(): { readonly folder: string; readonly counters: Uint8Array } {
  const folder = `${HTTP1}-counting`;
  stopLater({ name: folder, stop: () => rmSync(folder, { recursive: true, force: true }) });
  cpSync(HTTP1, folder, { recursive: true });
  let next = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".js") && !each.endsWith(".test.js"))) {
    const file = join(folder, name);
    const result = instrumented(readFileSync(file, "utf8"), next);
    writeFileSync(file, result.text);
    next = result.next;
  }
  const counters = new Uint8Array(next);
  provideCounters(counters);
  return { folder, counters };
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
