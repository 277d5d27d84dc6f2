import { RESOURCE_TYPES } from "@fairlead/proto";
import { versionOfAll } from "@fairlead/shared";
import type { Absence, Resource, ResourceSet, ResourceSets } from "../resource-set.js";

export const { listener: LDS, routeConfiguration: RDS, cluster: CDS, assignment: EDS } = RESOURCE_TYPES;

const made = new Map<string, Resource>();

/** Listeners and routes lead to the cluster and the assignment of their name, up to a dash: `a-2` leads to `a`. */
function requires(typeUrl: string, name: string) {
  if (typeUrl !== LDS && typeUrl !== RDS) return {};
  const to = name.split("-")[0] ?? name;
  return { requires: [CDS, EDS].map((each) => ({ typeUrl: each, name: to })) };
}

/** The same resource for the same words, as a view keeps an unchanged one. */
export function resource(typeUrl: string, name: string, version: string): Resource {
  const key = JSON.stringify([typeUrl, name, version]);
  let known = made.get(key);
  if (known === undefined) {
    known = { name, version, value: Buffer.from(`${name}@${version}`), ...requires(typeUrl, name) };
    made.set(key, known);
  }
  return known;
}

export interface ViewWords {
  readonly cds?: Readonly<Record<string, string>>;
  readonly eds?: Readonly<Record<string, string>>;
  readonly lds?: Readonly<Record<string, string>>;
  readonly rds?: Readonly<Record<string, string>>;
  /** Names of which nobody can say yet whether they exist. */
  readonly unavailable?: readonly string[];
  readonly complete?: boolean;
  readonly answerNewcomers?: boolean;
  readonly position?: string;
  /** Names whose resources are from an earlier run. */
  readonly provisional?: readonly string[];
}

/** A view from version by name, per type. What is not named does not exist. */
export function view(words: ViewWords): ResourceSets {
  const types = new Map([
    [CDS, set(CDS, words.cds ?? {})],
    [EDS, set(EDS, words.eds ?? {})],
    [LDS, set(LDS, words.lds ?? {})],
    [RDS, set(RDS, words.rds ?? {})],
  ]);
  const unavailable = new Set(words.unavailable);
  return {
    position: words.position ?? "lineage/1/1",
    types,
    complete: words.complete ?? unavailable.size === 0,
    answerNewcomers: words.answerNewcomers ?? false,
    isProvisional: (_typeUrl, name) => words.provisional?.includes(name) === true,
    absence: (_typeUrl, name): Absence =>
      unavailable.has(name)
        ? { kind: "unavailable", reason: "source zk has not spoken", sinceMs: 1_700_000_000_000 }
        : { kind: "not-found", reason: `no such service: ${name}` },
  };
}

function set(typeUrl: string, versions: Readonly<Record<string, string>>): ResourceSet {
  const resources = new Map(Object.entries(versions).map(([name, version]) => [name, resource(typeUrl, name, version)]));
  return { version: versionOfAll(Object.entries(versions)), resources };
}
