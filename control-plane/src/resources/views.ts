// Views: what each kind of client is served, rendered from the snapshot. Rendering follows the change: a service that kept
// its reference keeps its resources.

import { RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, type Closable, type ServiceName, versionOfAll, type Watchable } from "@fairlead/shared";
import type { ServiceSnapshot, Snapshot } from "../snapshot/index.js";
import type { Resource, ResourceSet, ResourceSets, XdsNode } from "../xds/index.js";
import { explainAbsence } from "./absence.js";
import { assignment } from "./assignment.js";
import { type ClientKind, clientKind } from "./client-kind.js";
import { cluster } from "./cluster.js";
import { envoyListener, grpcListener } from "./listener.js";
import { routeConfiguration } from "./route.js";

type TypeName = keyof typeof RESOURCE_TYPES;
type Rendered = Readonly<Partial<Record<TypeName, Resource>>>;

/** Views are few by design (kinds × sets of upstreams); beyond this, clients with rare sets get everything. */
export const VIEWS_MAX = 2_000;

export class Views implements Closable {
  readonly #snapshot: Watchable<Snapshot>;
  readonly #views = new Map<string, View>();
  readonly #watch: Closable;

  constructor(snapshot: Watchable<Snapshot>) {
    this.#snapshot = snapshot;
    this.#watch = snapshot.watch((next) => {
      for (const view of this.#views.values()) view.update(next);
    });
  }

  /** What this node is served; the same object for every node that is served the same. */
  viewOf(node: XdsNode): Watchable<ResourceSets> {
    const kind = clientKind(node.userAgentName);
    const wanted = upstreamsOf(node);
    const narrow = wanted !== undefined && this.#views.size < VIEWS_MAX;
    const key = JSON.stringify([kind, narrow ? wanted : null]);
    let view = this.#views.get(key);
    if (view === undefined) {
      view = new View(kind, narrow ? new Set(wanted) : undefined, this.#snapshot.value);
      this.#views.set(key, view);
    }
    return view.sets;
  }

  get count(): number {
    return this.#views.size;
  }

  async close(): Promise<void> {
    await this.#watch.close();
  }
}

/** `node.metadata["fairlead.upstreams"]` limits what a wildcard covers. */
function upstreamsOf({ metadata }: XdsNode): readonly string[] | undefined {
  const list = metadata["fairlead.upstreams"];
  return Array.isArray(list) ? [...new Set(list.map(String))].sort() : undefined;
}

class View {
  readonly sets: Cell<ResourceSets>;
  readonly #kind: ClientKind;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #rendered = new Map<ServiceName, { readonly from: ServiceSnapshot; readonly resources: Rendered }>();

  constructor(kind: ClientKind, only: ReadonlySet<string> | undefined, snapshot: Snapshot) {
    this.#kind = kind;
    this.#only = only;
    this.sets = new Cell(this.#render(snapshot, undefined));
  }

  update(snapshot: Snapshot): void {
    this.sets.set(this.#render(snapshot, this.sets.value));
  }

  #render(snapshot: Snapshot, was: ResourceSets | undefined): ResourceSets {
    for (const name of this.#rendered.keys()) if (!snapshot.services.has(name)) this.#rendered.delete(name);
    for (const service of snapshot.services.values()) {
      if (this.#only?.has(service.name) === false) continue;
      const before = this.#rendered.get(service.name);
      if (before?.from === service) continue;
      this.#rendered.set(service.name, { from: service, resources: keepEqual(before?.resources, render(service, this.#kind)) });
    }
    const types = new Map<string, ResourceSet>();
    for (const type of Object.keys(RESOURCE_TYPES) as TypeName[]) {
      const url = RESOURCE_TYPES[type];
      types.set(url, this.#setOf(type, was?.types.get(url)));
    }
    return {
      position: snapshot.position,
      types,
      absence: (typeUrl, name) => explainAbsence(snapshot, typeUrl, name),
      complete: snapshot.complete.kind === "complete",
      answerNewcomers: snapshot.bootWaitOver,
    };
  }

  #setOf(type: TypeName, was: ResourceSet | undefined): ResourceSet {
    const resources = new Map<string, Resource>();
    for (const { resources: rendered } of this.#rendered.values()) {
      const resource = rendered[type];
      if (resource !== undefined) resources.set(resource.name, resource);
    }
    return was !== undefined && sameResources(was.resources, resources) ? was : new LazySet(resources);
  }
}

/** Only SotW clients need the type's version, and hashing every name is the one cost here that follows the fleet. */
class LazySet implements ResourceSet {
  readonly resources: ReadonlyMap<string, Resource>;
  #version: string | undefined;

  constructor(resources: ReadonlyMap<string, Resource>) {
    this.resources = resources;
  }

  get version(): string {
    this.#version ??= versionOfAll([...this.resources.values()].map(({ name, version }) => [name, version] as const));
    return this.#version;
  }
}

function render(service: ServiceSnapshot, kind: ClientKind): Rendered {
  const listener = kind === "envoy" ? envoyListener(service) : kind === "grpc" ? grpcListener(service) : undefined;
  return {
    ...(listener === undefined ? {} : { listener }),
    routeConfiguration: routeConfiguration(service, kind),
    cluster: cluster(service, kind),
    assignment: assignment(service, kind),
  };
}

/** A resource whose bytes did not change keeps its reference, so that streams see at a glance what is new. */
function keepEqual(was: Rendered | undefined, next: Rendered): Rendered {
  if (was === undefined) return next;
  const kept = Object.entries(next).map(([type, resource]) => {
    const before = was[type as TypeName];
    return [type, before !== undefined && before.version === resource.version && before.name === resource.name ? before : resource];
  });
  return Object.fromEntries(kept) as Rendered;
}

function sameResources(one: ReadonlyMap<string, Resource>, other: ReadonlyMap<string, Resource>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, resource] of other) if (one.get(name) !== resource) return false;
  return true;
}
