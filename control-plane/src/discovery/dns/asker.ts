// Carries a lookup out: each of its queries waits for the budget, goes over the transport, and is counted for its resolver.

import { type Clock, fail } from "@fairlead/shared";
import type { DnsMetrics } from "./dns-metrics.js";
import { type Ask, Lookup, type LookupEnd, type LookupPlan, type LookupStep } from "./lookup.js";
import type { QueryBudget } from "./query-budget.js";
import type { ResolverPool } from "./resolver-pool.js";
import type { DnsTransport } from "./transport.js";

/** Per try. A resolver with the name in its cache answers in milliseconds, one without in a few hundred. */
export const TRY_TIMEOUT_MS = 1_000;
/** Over TCP two round trips make an answer: one for the connection. */
const TCP_ROUND_TRIPS = 2;

export interface AskerDeps {
  readonly source: string;
  readonly transport: DnsTransport;
  readonly nextQueryId: () => number;
  readonly budget: QueryBudget;
  readonly pool: ResolverPool;
  readonly clock: Clock;
  readonly metrics: DnsMetrics;
}

export class Asker {
  readonly #deps: AskerDeps;

  constructor(deps: AskerDeps) {
    this.#deps = deps;
  }

  /** @param dueMs when the answer was wanted: of all that waits for the budget, what was wanted first goes first */
  async ask(plan: Omit<LookupPlan, "nextId" | "withoutEdns">, dueMs: number): Promise<LookupEnd> {
    const { pool, clock, nextQueryId } = this.#deps;
    const lookup = new Lookup({ ...plan, nextId: nextQueryId, withoutEdns: (server) => pool.withoutEdns(server, clock.nowMs()) });
    let step = lookup.start();
    while (step.kind === "ask") step = await this.#exchange(lookup, step.ask, dueMs);
    return step;
  }

  async #exchange(lookup: Lookup, { server, protocol, query }: Ask, dueMs: number): Promise<LookupStep> {
    const { source, budget, transport, clock, metrics } = this.#deps;
    const admitted = budget.admit(server, dueMs);
    if (admitted !== true && !(await admitted)) return lookup.reply(fail("too many queries wait for this resolver's budget"));
    metrics.queries.add(1, { source, protocol });
    const askedAtMs = clock.nowMs();
    const result = await transport.exchange(server, query, protocol, TRY_TIMEOUT_MS);
    const step = lookup.reply(result);
    this.#judge(server, step, (clock.nowMs() - askedAtMs) / (protocol === "tcp" ? TCP_ROUND_TRIPS : 1));
    return step;
  }

  #judge(server: string, { failed, dislikesEdns }: LookupStep, latencyMs: number): void {
    const { pool, clock } = this.#deps;
    if (dislikesEdns === true) pool.refusesEdns(server, clock.nowMs());
    else if (failed !== undefined) pool.failed(server, clock.nowMs());
    else pool.answered(server, latencyMs, clock.nowMs());
  }
}
