import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryTop } from "../harness/paths.js";

/** A message of the sidecar's corpus. `expect`: R refuse; W never whole; A, N accept; E either; `A2`: two requests. */
export interface CorpusCase {
  readonly id: string;
  readonly expect: string;
  /** Of the request that an answer answers. */
  readonly method?: string;
  /** One character per octet. */
  readonly raw: string;
}

export const requests = (): readonly CorpusCase[] => [...stored("http1-requests"), ...stored("http1-more-requests")];
export const answers = (): readonly CorpusCase[] => [...stored("http1-responses"), ...stored("http1-more-responses")];

type StoredPart = string | { readonly repeat: string; readonly times: number };

function stored(name: string): CorpusCase[] {
  const text = readFileSync(join(repositoryTop, `sidecar/src/forward/fixtures/${name}.json`), "utf8");
  const cases = JSON.parse(text) as (Omit<CorpusCase, "raw"> & { readonly raw: string | readonly StoredPart[] })[];
  return cases.map((each) => ({ ...each, raw: typeof each.raw === "string" ? each.raw : each.raw.map(unrolled).join("") }));
}

function unrolled(part: StoredPart): string {
  return typeof part === "string" ? part : part.repeat.repeat(part.times);
}

/** What has to become of it. */
export type Wanted = "refuse" | "either" | "accept";

/** An answer that is put right (N) may as well be refused. */
export function wantedOf({ id, expect }: CorpusCase): Wanted {
  if (expect.startsWith("R") || expect === "W") return "refuse";
  return expect.startsWith("E") || (expect === "N" && id.startsWith("r.")) ? "either" : "accept";
}

/** How many answers a caller is to hear when it is accepted. */
export function answersWanted({ expect }: CorpusCase): number {
  return expect === "A3" ? 3 : expect === "A2" ? 2 : 1;
}
