import type { EndpointId, Result } from "@fairlead/shared";
import type { Endpoint, Quarantined } from "../source.js";
import type { Announcement } from "./decode/decoder.js";
import type { Rejection } from "./decode/rejection.js";
import { VectorWeights, type WeightDescriptor } from "./decode/serverset-weights.js";
import { childPath } from "./path-pattern.js";

interface Announced {
  readonly name: string;
  readonly said: Result<Announcement, Rejection>;
  readonly mzxid: bigint;
  /** A lower transaction does not replace this word. */
  binds: boolean;
}

interface Candidate {
  readonly by: Announced;
  readonly endpoint: Endpoint;
}

/**
 * What the members of one path announce together, kept up as they change: a change costs what it changed, not what is there. Two znodes with one
 * address are one process that registered again before its old session ended: the newer one speaks.
 */
export class Announcements {
  readonly #path: string;
  readonly #byName = new Map<string, Announced>();
  readonly #byId = new Map<EndpointId, readonly [Candidate, ...Candidate[]]>();
  readonly #rejected = new Map<string, readonly Rejection[]>();
  readonly #vectors = new Map<string, readonly WeightDescriptor[]>();
  #malformed = 0;
  #zxid = 0n;
  #summary: { readonly endpoints: readonly Endpoint[]; readonly quarantined: readonly Quarantined[] } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Transaction of the data that a member's word stands on; undefined where none binds. */
  mzxidOf(name: string): bigint | undefined {
    const announced = this.#byName.get(name);
    return announced?.binds ? announced.mzxid : undefined;
  }

  /** How many members could not be read as what they should be. */
  get malformed(): number {
    return this.#malformed;
  }

  /** A malformed member, for a person to look at. */
  get malformedSample(): Quarantined | undefined {
    for (const [name, rejections] of this.#rejected) {
      const found = rejections.find(({ kind }) => kind === "malformed");
      if (found !== undefined) return { place: childPath(this.#path, name), reason: found.reason };
    }
    return undefined;
  }

  /** Newest transaction that was seen at the path since the session began. */
  get zxid(): bigint {
    return this.#zxid;
  }

  saw(zxid: bigint): void {
    if (zxid > this.#zxid) this.#zxid = zxid;
  }

  /** In a new session no earlier transaction id binds. */
  forgetTransactions(): void {
    this.#zxid = 0n;
    for (const announced of this.#byName.values()) announced.binds = false;
  }

  set(name: string, said: Result<Announcement, Rejection>, mzxid: bigint): void {
    this.delete(name);
    const announced = { name, said, mzxid, binds: true };
    this.#summary = undefined;
    this.#byName.set(name, announced);
    this.saw(mzxid);
    const rejections = rejectionsIn(said);
    if (rejections.length > 0) this.#rejected.set(name, rejections);
    if (isMalformed(said)) this.#malformed += 1;
    if (!said.ok) return;
    if (said.value.weights !== undefined) this.#vectors.set(name, said.value.weights);
    for (const endpoint of said.value.endpoints) {
      const others = this.#byId.get(endpoint.id);
      const candidate = { by: announced, endpoint };
      this.#byId.set(endpoint.id, others === undefined ? [candidate] : [...others, candidate]);
    }
  }

  delete(name: string): void {
    const announced = this.#byName.get(name);
    if (announced === undefined) return;
    this.#summary = undefined;
    this.#byName.delete(name);
    this.#rejected.delete(name);
    this.#vectors.delete(name);
    const { said } = announced;
    if (isMalformed(said)) this.#malformed -= 1;
    if (!said.ok) return;
    for (const { id } of said.value.endpoints) {
      const [first, ...rest] = this.#byId.get(id)?.filter(({ by }) => by !== announced) ?? [];
      if (first === undefined) this.#byId.delete(id);
      else this.#byId.set(id, [first, ...rest]);
    }
  }

  /** One endpoint per address, with the weights that ServerSet vectors give them, and everything that is not used. */
  get summary(): { readonly endpoints: readonly Endpoint[]; readonly quarantined: readonly Quarantined[] } {
    this.#summary ??= this.#summarize();
    return this.#summary;
  }

  #summarize() {
    const quarantined: Quarantined[] = [];
    for (const [name, rejections] of this.#rejected) {
      for (const { reason } of rejections) quarantined.push({ place: childPath(this.#path, name), reason });
    }
    const weights = this.#vectors.size === 0 ? undefined : new VectorWeights(this.#vectors.values());
    const endpoints: Endpoint[] = [];
    for (const candidates of this.#byId.values()) {
      const { by, endpoint } = newest(candidates);
      if (weights === undefined) {
        endpoints.push(endpoint);
        continue;
      }
      const weighted = weights.weighted({ name: by.name, shard: by.said.ok ? by.said.value.shard : undefined, endpoint });
      if (weighted === undefined) quarantined.push({ place: endpoint.place, reason: "taken out by a negative weight in a vector_ znode" });
      else endpoints.push(weighted);
    }
    return { endpoints, quarantined };
  }
}

/** Of equals the first: one znode may give one address twice. */
function newest(candidates: readonly [Candidate, ...Candidate[]]): Candidate {
  return candidates.length === 1
    ? candidates[0]
    : candidates.reduce((best, candidate) => (candidate.by.mzxid > best.by.mzxid ? candidate : best));
}

function rejectionsIn(said: Result<Announcement, Rejection>): readonly Rejection[] {
  if (!said.ok) return [said.error];
  return said.value.leftOut === undefined ? [] : [said.value.leftOut];
}

function isMalformed(said: Result<Announcement, Rejection>): boolean {
  return !said.ok && said.error.kind === "malformed";
}
