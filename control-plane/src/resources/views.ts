// Views: what each kind of client is served, rendered from the snapshot. The cost of a change follows the change: what did not change
// keeps its reference, and is not looked at.

import { RESOURCE_TYPES } from "@fairlead/proto";
import { type Closable, changedKeys, type ServiceName, type Watchable } from "@fairlead/shared";
import type { ServiceSnapshot, Snapshot } from "../snapshot/index.js";
import type { Absence, ResourceSets, XdsNode } from "../xds/index.js";
import { explainAbsence, serviceNamed } from "./absence.js";
import { type ClientKind, clientKind } from "./client-kind.js";
import { type OwnStreams, ownStreamsOf } from "./config-source.js";
import type { TypeName } from "./encoded.js";
import { type RefusedResource, Renderer, type RendererDeps } from "./renderer.js";
import { slotOf } from "./subset.js";
import { SlotView, View, type ViewDeps } from "./view.js";

/** Views are few by design (kinds × slots × what nodes ask for); beyond this, clients with rare wishes get everything over ADS. */
export const VIEWS_MAX = 2_000;

export interface ViewsDeps extends RendererDeps {
  readonly snapshot: Watchable<Snapshot>;
}

export class Views implements Closable {
  readonly #snapshot: Watchable<Snapshot>;
  readonly #renderer: Renderer;
  readonly #views = new Map<string, View>();
  readonly #slots = new Map<string, SlotView>();
  readonly #watch: Closable;
  #services: ReadonlyMap<ServiceName, ServiceSnapshot> = new Map();

  constructor({ snapshot, ...deps }: ViewsDeps) {
    this.#snapshot = snapshot;
    this.#renderer = new Renderer(deps);
    deps.metrics.sampled("gauge", { name: "views", help: "Views: kinds of client, subset slots and wishes of nodes in use" }, () => [
      { labels: {}, value: this.count },
    ]);
    this.#watch = snapshot.watch((next) => this.#update(next));
  }

  /** What this node is served; the same object for every node that is served the same. */
  viewOf(node: XdsNode): Watchable<ResourceSets> {
    const kind = clientKind(node.userAgentName);
    const slot = slotOf(node.id);
    const wishes = wishesOf(node, kind);
    const known = this.#slots.get(keyOf(kind, wishes, slot));
    return (known ?? this.#slotView(kind, this.count < VIEWS_MAX ? wishes : {}, slot)).sets;
  }

  get count(): number {
    return this.#slots.size;
  }

  /** Resources whose newest content is withheld, since some client would refuse it. */
  get refused(): readonly RefusedResource[] {
    return this.#renderer.refused;
  }

  async close(): Promise<void> {
    await this.#watch.close();
  }

  #slotView(kind: ClientKind, wishes: Wishes, slot: number): SlotView {
    const key = keyOf(kind, wishes, slot);
    let view = this.#slots.get(key);
    if (view === undefined) {
      view = new SlotView(this.#wholeView(kind, wishes), slot, this.#deps({}));
      this.#slots.set(key, view);
    }
    return view;
  }

  #wholeView(kind: ClientKind, wishes: Wishes): View {
    const { upstreams } = wishes;
    const key = keyOf(kind, wishes);
    let view = this.#views.get(key);
    if (view === undefined) {
      view = new View(kind, upstreams === undefined ? undefined : new Set(upstreams), this.#deps(wishes));
      this.#views.set(key, view);
    }
    return view;
  }

  #deps({ own }: Wishes): ViewDeps {
    const absence = (typeUrl: string, name: string) => this.#absence(typeUrl, name);
    const snapshot = this.#snapshot.value;
    const renderer: ViewDeps["renderer"] =
      own === undefined ? this.#renderer : { render: (order) => this.#renderer.render({ ...order, own }) };
    return { renderer, snapshot, names: Array.from(snapshot.services.values(), ({ name }) => name), absence };
  }

  #update(snapshot: Snapshot): void {
    const changed = [...changedKeys(this.#services, snapshot.services)];
    this.#services = snapshot.services;
    for (const name of changed) if (!snapshot.services.has(name)) this.#renderer.forget(name);
    for (const view of this.#views.values()) view.update(snapshot, changed);
    for (const view of this.#slots.values()) view.update(snapshot, changed);
  }

  #absence(typeUrl: string, name: string): Absence {
    const type = TYPE_BY_URL.get(typeUrl);
    const refused = type === undefined ? undefined : this.#renderer.missing(serviceNamed(typeUrl, name), type);
    if (refused === undefined) return explainAbsence(this.#snapshot.value, typeUrl, name);
    return { kind: "unavailable", reason: `withheld, a client would refuse it: ${refused.reason}`, sinceMs: refused.sinceMs };
  }
}

const TYPE_BY_URL: ReadonlyMap<string, TypeName> = new Map(
  (Object.keys(RESOURCE_TYPES) as TypeName[]).map((type) => [RESOURCE_TYPES[type], type]),
);

/** What a node asks for in its metadata. */
interface Wishes {
  /** Sorted; undefined is all of them. */
  readonly upstreams?: readonly string[] | undefined;
  readonly own?: OwnStreams | undefined;
}

function keyOf(kind: ClientKind, { upstreams, own }: Wishes, slot?: number): string {
  return JSON.stringify([kind, slot ?? null, upstreams ?? null, own ?? null]);
}

/** `node.metadata["fairlead.upstreams"]` limits what a wildcard covers. */
function wishesOf(node: XdsNode, kind: ClientKind): Wishes {
  const list = node.metadata["fairlead.upstreams"];
  return { upstreams: Array.isArray(list) ? [...new Set(list.map(String))].sort() : undefined, own: ownStreamsOf(node, kind) };
}
