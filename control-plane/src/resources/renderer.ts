// Every resource of every kind of client, rendered once, when the first view asks for it, and looked at before it may be sent.

import { RESOURCE_TYPES } from "@fairlead/proto";
import type { Log, Metrics, Result, ServiceName } from "@fairlead/shared";
import type { ServiceSnapshot } from "../snapshot/index.js";
import type { Resource, ResourceChange } from "../xds/index.js";
import { assignment, assignmentMetadata, weightMeans } from "./assignment.js";
import { CLIENT_TRAITS, type ClientKind } from "./client-kind.js";
import { cluster } from "./cluster.js";
import type { OwnStreams } from "./config-source.js";
import { encoded, type TypeName } from "./encoded.js";
import { envoyListener, envoyListenerName, grpcListener } from "./listener.js";
import { routeConfiguration } from "./route.js";
import { isSubsetting, subsetOf } from "./subset.js";

/** A resource that some client would refuse: it is not sent, and the last good one stands in where there is one. */
export interface RefusedResource {
  readonly service: ServiceName;
  readonly type: TypeName;
  /** Kind of client that it was rendered for first, in words. */
  readonly client: string;
  readonly reason: string;
  /** Wall time of the snapshot that it came with. */
  readonly sinceMs: number;
  readonly standsIn: boolean;
}

export interface RendererDeps {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** For whom: the kind of client, and the slot of its subsets. */
export interface Audience {
  readonly kind: ClientKind;
  readonly slot: number | undefined;
  /** Undefined for whoever takes everything from one aggregated stream. */
  readonly own?: OwnStreams | undefined;
}

interface Rendered {
  readonly from: ServiceSnapshot;
  readonly resource: Resource | undefined;
  readonly refused?: RefusedResource;
}

interface RenderedService {
  readonly latest: ServiceSnapshot;
  readonly byKey: Map<string, Rendered>;
}

/** What is to be rendered, for whom. */
interface Order extends Audience {
  readonly service: ServiceSnapshot;
  readonly type: TypeName;
  readonly nowMs: number;
}

/** As many versions as a client may be busy for and each of them still counts. */
const CHANGES_KEPT = 4;

export const TYPE_NAMES = Object.keys(RESOURCE_TYPES) as readonly TypeName[];

export class Renderer {
  readonly #log: Log;
  readonly #refusals;
  /** At most 7 kinds × 4 types and 3 assignments for each of 64 slots, of each service. */
  readonly #services = new Map<ServiceName, RenderedService>();

  constructor({ log, metrics }: RendererDeps) {
    this.#log = log;
    this.#refusals = metrics.counter({
      name: "resources_refused_total",
      help: "Resources rendered that some client would have refused, and that were therefore not sent",
      labels: ["type"],
    });
    metrics.sampled(
      "gauge",
      { name: "resources_withheld", help: "Resources whose newest content is withheld since a client would refuse it" },
      () => [{ labels: {}, value: this.refused.length }],
    );
  }

  /** The resource of this type for these clients; the last good one while the newest would be refused; undefined where there is none. */
  render(order: Order): Resource | undefined {
    const { service, type, kind, slot } = order;
    // Before what is shared by kinds of client: not even the endpoints of it are for who has no use for them.
    if (service.settings.protocol === "tcp" && !CLIENT_TRAITS[kind].honours.tcp) return undefined;
    return this.#render(type === "assignment" && slot !== undefined && isSubset(service) ? order : { ...order, slot: undefined });
  }

  /** What is not sent as it should be, once for each service and type. */
  get refused(): readonly RefusedResource[] {
    const first = new Map<string, RefusedResource>();
    for (const { latest, byKey } of this.#services.values()) {
      for (const { from, refused } of byKey.values()) {
        if (refused !== undefined && from === latest) first.set(`${refused.type} ${refused.service}`, refused);
      }
    }
    return [...first.values()];
  }

  /** Why a resource is missing although its service is there. */
  missing(service: ServiceName, type: TypeName): RefusedResource | undefined {
    const all = [...(this.#services.get(service)?.byKey.values() ?? [])];
    return all.map(({ refused }) => refused).find((one) => one?.type === type && !one.standsIn);
  }

  /** The service is no more. */
  forget(service: ServiceName): void {
    this.#services.delete(service);
  }

  #render(order: Order): Resource | undefined {
    const { service } = order;
    const rendered = this.#of(service);
    const key = keyOf(order);
    const was = rendered.get(key);
    if (was?.from === service) return was.resource;
    const made = draft(order);
    const refused = made?.ok === false ? this.#refuse(order, made.error, was) : undefined;
    const resource =
      made?.ok === true ? keepEqual(was?.resource, made.value, service.change) : made === undefined ? undefined : was?.resource;
    rendered.set(key, { from: service, resource, ...(refused === undefined ? {} : { refused }) });
    return resource;
  }

  /** What is rendered of the service so far; of its last snapshot but one, nothing: it is what nobody asked for since. */
  #of(service: ServiceSnapshot): Map<string, Rendered> {
    const known = this.#services.get(service.name);
    if (known?.latest === service) return known.byKey;
    const kept = [...(known?.byKey ?? [])].filter(([, { from }]) => from === known?.latest);
    const byKey = new Map(kept);
    this.#services.set(service.name, { latest: service, byKey });
    return byKey;
  }

  #refuse({ service, type, kind, nowMs }: Order, reason: string, was: Rendered | undefined): RefusedResource {
    const client = CLIENT_TRAITS[kind].label;
    const standsIn = was?.resource !== undefined;
    const isKnown = [...this.#of(service).values()].some(({ refused }) => refused?.type === type && refused.reason === reason);
    if (!isKnown) this.#log.error("resource-refused", { service: service.name, type, client, reason, standsIn });
    this.#refusals.add(1, { type });
    return { service: service.name, type, client, reason, sinceMs: was?.refused?.sinceMs ?? nowMs, standsIn };
  }
}

/** Whether clients are told of a part of the service only. */
export function isSubset({ name, settings, endpoints }: ServiceSnapshot): boolean {
  return settings.subset !== undefined && isSubsetting(endpoints, { ...settings.subset, service: name });
}

/** What is the same for several kinds of client is rendered under one key. */
function keyOf({ service, type, kind, slot, own }: Order): string {
  if (type === "assignment") return `${type}/${weightMeans(service, kind)}/${slot ?? "all"}`;
  const refers = type === "cluster" || type === "listener";
  return refers && own !== undefined ? JSON.stringify([type, kind, own]) : `${type}/${kind}`;
}

function draft({ service, type, kind, slot, own }: Order): Result<Resource> | undefined {
  const { name, settings } = service;
  switch (type) {
    case "listener":
      return listener(service, kind, own);
    case "routeConfiguration":
      return encoded({ type, name, message: routeConfiguration(service, kind), leadsTo: name }, kind);
    case "cluster":
      return encoded({ type, name, message: cluster(service, kind, own) }, kind);
    case "assignment": {
      const subset = slot === undefined || settings.subset === undefined ? undefined : { ...settings.subset, service: name };
      const chosen = subset === undefined || slot === undefined ? undefined : subsetOf(service.endpoints, slot, subset);
      const message = assignment(service, weightMeans(service, kind), chosen);
      const metadata = assignmentMetadata(service);
      return encoded({ type, name, message, ...(metadata === undefined ? {} : { metadata }) }, kind);
    }
  }
}

/** What the resource is called that is rendered of a service. */
export function resourceName(type: TypeName, kind: ClientKind, service: ServiceName): string {
  return type === "listener" && kind === "envoy" ? envoyListenerName(service) : service;
}

function listener(service: ServiceSnapshot, kind: ClientKind, own: OwnStreams | undefined): Result<Resource> | undefined {
  const { isGrpc } = CLIENT_TRAITS[kind];
  const message = isGrpc ? grpcListener(service) : kind === "envoy" ? envoyListener(service, own) : undefined;
  if (message === undefined) return undefined;
  return encoded({ type: "listener", name: resourceName("listener", kind, service.name), message, leadsTo: service.name }, kind);
}

/** A resource whose bytes did not change keeps its reference, so that streams see at a glance what is new. */
function keepEqual(was: Resource | undefined, next: Resource, change: ResourceChange | undefined): Resource {
  if (was !== undefined && was.version === next.version && was.name === next.name) return was;
  return change === undefined ? next : { ...next, changes: [...(was?.changes ?? []).slice(1 - CHANGES_KEPT), change] };
}
