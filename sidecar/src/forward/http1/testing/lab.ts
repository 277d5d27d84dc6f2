// Callers and upstreams without a network: whole exchanges as bytes in and bytes out.

import { seeded } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import type { ActiveCluster } from "../../../clusters/index.js";
import type { EndpointState } from "../../../endpoint/index.js";
import type { ClusterCounters } from "../../cluster-counters.js";
import { Edge } from "../../edge.js";
import type { RouteBy } from "../../engine.js";
import { HedgeWatch } from "../../hedging.js";
import { ForwardPath } from "../../request-path.js";
import { type ClusterOptions, clusterOf, stateAt } from "../../testing/rig.js";
import { Caller } from "../caller.js";
import type { ExchangeContext } from "../exchange-context.js";
import { RequestHead } from "../request-head.js";
import { Upstream } from "../upstream.js";
import { FakeWire } from "./fake-wire.js";

/** One connection to an endpoint, and whether it waits in the pool. */
interface Dialled {
  readonly upstream: Upstream;
  readonly wire: FakeWire;
}

export class Lab {
  readonly clock = new FakeClock();
  readonly states: readonly EndpointState[];
  readonly path: ForwardPath;
  readonly table: Map<string, ActiveCluster>;
  readonly dialled: Dialled[] = [];
  readonly idle: Upstream[] = [];
  /** Requests under way. */
  busy = 0;
  draining = false;
  readonly edge: Edge;
  /** A new connection stands at once; else when a test says so. */
  connects = true;
  readonly #context: ExchangeContext;

  constructor(options: ClusterOptions = {}, endpoints = 1, edge = new Edge()) {
    this.edge = edge;
    this.states = Array.from({ length: endpoints }, (_, index) => stateAt(index + 1));
    this.table = new Map([["shop", clusterOf("shop", this.states, options)]]);
    const rng = seeded(1);
    this.path = new ForwardPath({ table: () => this.table, routing: { upstreams: new Set(["shop"]), hosts: new Map() }, rng });
    this.#context = {
      nowMs: () => this.clock.nowMs(),
      word: () => Math.floor(rng.next() * 2 ** 32),
      requestHead: new RequestHead(),
      draining: () => this.draining,
      hedges: new HedgeWatch(this.clock),
      edge,
      upstreamTo: (endpoint, counters) => this.#idleTo(endpoint) ?? this.#dial(endpoint, counters),
      exchangeBegan: () => {
        this.busy++;
      },
      exchangeEnded: () => {
        this.busy--;
      },
    };
  }

  caller(route: RouteBy = { kind: "service", service: "shop" }): { caller: Caller; wire: FakeWire } {
    const wire = new FakeWire();
    const caller = new Caller(wire, {
      context: this.#context,
      path: this.path,
      route,
      peerIp: "10.1.1.1",
      counts: this.edge.listener(route),
    });
    wire.machine = caller;
    return { caller, wire };
  }

  #idleTo(endpoint: EndpointState): Upstream | undefined {
    const at = this.idle.findLastIndex((upstream) => upstream.endpoint === endpoint);
    return at < 0 ? undefined : this.idle.splice(at, 1)[0];
  }

  #dial(endpoint: EndpointState, counters: ClusterCounters): Upstream {
    const wire = new FakeWire();
    const pool = {
      keep: (upstream: Upstream) => void this.idle.push(upstream),
      forget: (upstream: Upstream) => {
        const at = this.idle.indexOf(upstream);
        if (at >= 0) this.idle.splice(at, 1);
      },
    };
    const upstream = new Upstream(endpoint, { wire, pool, counters });
    wire.machine = upstream;
    this.dialled.push({ upstream, wire });
    if (this.connects) upstream.onConnected();
    return upstream;
  }
}
