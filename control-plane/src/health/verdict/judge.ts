// From evidence to verdicts: the one place where they are made.

import { type Closable, closeAll, type EndpointId, KeyedCell, type ServiceName } from "@fairlead/shared";
import type { CallerEvidence } from "../callers/caller-evidence.js";
import type { Health, Verdict } from "../health.js";
import type { Opinion, Opinions } from "../opinion.js";
import type { Votes } from "../votes.js";

export interface JudgeDeps {
  readonly checks: Opinions;
  readonly callers: CallerEvidence;
  readonly votes: Votes;
}

type Verdicts = ReadonlyMap<EndpointId, Verdict>;

export class Judge implements Health, Closable {
  readonly verdicts = new KeyedCell<ServiceName, Verdicts>();
  readonly #checks: Opinions;
  readonly #watches: readonly Closable[];

  constructor({ checks, callers, votes }: JudgeDeps) {
    this.#checks = checks;
    const judge = (_all: unknown, changed: ReadonlySet<ServiceName>) => this.#judge(changed);
    this.#watches = [checks.opinions.watch(judge), callers.services.watch(judge), votes.votes.watch(judge)];
  }

  noticedMs(service: ServiceName): number | undefined {
    return this.#checks.noticedMs(service);
  }

  opinion(service: ServiceName, endpoint: EndpointId): Opinion | undefined {
    return this.#checks.detail(service, endpoint);
  }

  async close(): Promise<void> {
    await closeAll(this.#watches);
  }

  #judge(services: Iterable<ServiceName>): void {
    this.verdicts.update(Array.from(services, (service) => [service, this.#verdictsOf(service)]));
  }

  /** The service's verdicts now; what did not change keeps its reference. */
  #verdictsOf(service: ServiceName): Verdicts | undefined {
    const opinions = this.#checks.opinions.value.get(service);
    if (opinions === undefined) return undefined;
    const before = this.verdicts.value.get(service);
    return new Map(Array.from(opinions, ([id, opinion]) => [id, reuse(before?.get(id), verdictOn(opinion))]));
  }
}

function verdictOn({ status, because, sinceMs, refusing }: Opinion): Verdict {
  return { status, because, sinceMs, refusing };
}

function reuse(was: Verdict | undefined, now: Verdict): Verdict {
  const same = was !== undefined && was.status === now.status && was.because === now.because && was.refusing === now.refusing;
  return same ? was : now;
}
