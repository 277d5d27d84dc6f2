import { RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, EMPTY_SET, LayeredMap, memberHash, type ServiceName, type SetHash, versionOfSet } from "@fairlead/shared";
import type { ServiceSnapshot, Snapshot } from "../snapshot/index.js";
import type { Resource, ResourceSet, ResourceSets } from "../xds/index.js";
import type { ClientKind } from "./client-kind.js";
import type { TypeName } from "./encoded.js";
import { isSubset, type Renderer, resourceName, TYPE_NAMES } from "./renderer.js";

export interface ViewDeps {
  readonly renderer: Pick<Renderer, "render">;
  /** As it is now. */
  readonly snapshot: Snapshot;
  /** Every service of it. */
  readonly names: readonly ServiceName[];
  readonly absence: ResourceSets["absence"];
}

/** Everything for one kind of client, or all of it that concerns these upstreams. */
export class View {
  readonly kind: ClientKind;
  readonly only: ReadonlySet<string> | undefined;
  readonly #renderer: Pick<Renderer, "render">;
  readonly #absence: ResourceSets["absence"];
  #sets: ResourceSets;

  constructor(kind: ClientKind, only: ReadonlySet<string> | undefined, { renderer, snapshot, names, absence }: ViewDeps) {
    this.kind = kind;
    this.only = only;
    this.#renderer = renderer;
    this.#absence = absence;
    const nothing = new Map(
      TYPE_NAMES.map((type) => [RESOURCE_TYPES[type] as string, new HashedSet(new LayeredMap<string, Resource>(), EMPTY_SET)] as const),
    );
    this.#sets = this.#next(snapshot, nothing, names);
  }

  get sets(): ResourceSets {
    return this.#sets;
  }

  update(snapshot: Snapshot, changed: readonly ServiceName[]): void {
    this.#sets = this.#next(snapshot, this.#sets.types, changed);
  }

  #next(snapshot: Snapshot, was: ReadonlyMap<string, ResourceSet>, changed: readonly ServiceName[]): ResourceSets {
    const names = this.only === undefined ? changed : changed.filter((name) => this.only?.has(name) === true);
    const types = new Map([...was].map(([url, set]) => [url, set] as const));
    for (const type of TYPE_NAMES) {
      const url = RESOURCE_TYPES[type];
      types.set(url, changedSet(was.get(url), this.#changes(type, names, snapshot)));
    }
    return standing(snapshot, types, this.#absence);
  }

  #changes(type: TypeName, names: readonly ServiceName[], snapshot: Snapshot): Map<string, Resource | undefined> {
    const { kind } = this;
    return new Map(
      names.map((name) => {
        const service = snapshot.services.get(name);
        const order = service && { service, type, kind, slot: undefined, nowMs: snapshot.publishedAtMs };
        return [resourceName(type, kind, name), order && this.#renderer.render(order)];
      }),
    );
  }
}

/** A view with the subsets of one slot in it. Where nothing is cut to a subset it is the view itself, by reference. */
export class SlotView {
  readonly sets: Cell<ResourceSets>;
  readonly #view: View;
  readonly #slot: number;
  readonly #deps: Omit<ViewDeps, "snapshot" | "names">;
  /** Assignments of this slot. */
  #hasSubsets = false;
  #subsets = new LayeredMap<string, Resource>();

  constructor(view: View, slot: number, { snapshot, names, ...deps }: ViewDeps) {
    this.#view = view;
    this.#slot = slot;
    this.#deps = deps;
    this.sets = new Cell(this.#next(snapshot, names, undefined));
  }

  update(snapshot: Snapshot, changed: readonly ServiceName[]): void {
    this.sets.set(this.#next(snapshot, changed, this.sets.value));
  }

  #next(snapshot: Snapshot, changed: readonly ServiceName[], was: ResourceSets | undefined): ResourceSets {
    const changes = changed.map((name) => [name, this.#subset(snapshot.services.get(name), snapshot)] as const);
    const subsets = this.#subsets.with(new Map(changes));
    const didChange = subsets !== this.#subsets;
    this.#subsets = subsets;
    this.#hasSubsets = didChange ? subsets.size > 0 : this.#hasSubsets;
    const { sets } = this.#view;
    if (!this.#hasSubsets) return sets;
    const whole = sets.types.get(ASSIGNMENT);
    const before = was?.types.get(ASSIGNMENT);
    const assignments =
      !didChange && before instanceof OverlaidSet && before.under === whole ? before : overlaid(before, whole, { subsets, changed });
    return standing(snapshot, new Map([...sets.types, [ASSIGNMENT, assignments]]), this.#deps.absence);
  }

  /** Undefined where the whole assignment is meant. */
  #subset(service: ServiceSnapshot | undefined, { publishedAtMs }: Snapshot): Resource | undefined {
    const { kind, only } = this.#view;
    if (service === undefined || !isSubset(service) || only?.has(service.name) === false) return undefined;
    return this.#deps.renderer.render({ service, type: "assignment", kind, slot: this.#slot, nowMs: publishedAtMs });
  }
}

const ASSIGNMENT = RESOURCE_TYPES.assignment;

function standing(snapshot: Snapshot, types: ReadonlyMap<string, ResourceSet>, absence: ResourceSets["absence"]): ResourceSets {
  const { position, complete, bootWaitOver, unheard } = snapshot;
  // Settings are those of this run; who is there may be old. After bootWait it is the best anybody has.
  const isProvisional = (typeUrl: string, name: string) => typeUrl === ASSIGNMENT && unheard.has(name as ServiceName);
  return {
    ...{ position, types, absence, complete: complete.kind === "complete", answerNewcomers: bootWaitOver },
    ...(bootWaitOver || unheard.size === 0 ? {} : { isProvisional }),
  };
}

/** The set itself where the changes make no difference. */
function changedSet(was: ResourceSet | undefined, changes: ReadonlyMap<string, Resource | undefined>): ResourceSet {
  const resources =
    was?.resources instanceof LayeredMap ? (was.resources as LayeredMap<string, Resource>) : new LayeredMap<string, Resource>();
  const next = resources.with(changes);
  return was !== undefined && next === was.resources ? was : new HashedSet(next, hashAfter(was, next, changes.keys()));
}

/** Its version is kept up with the changes: made from scratch it would be the one cost here that follows the fleet. */
class HashedSet implements ResourceSet {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly hash: SetHash;

  constructor(resources: ReadonlyMap<string, Resource>, hash: SetHash) {
    this.resources = resources;
    this.hash = hash;
  }

  get version(): string {
    return versionOfSet(this.hash);
  }
}

class OverlaidSet extends HashedSet {
  readonly under: ResourceSet | undefined;

  constructor(under: ResourceSet | undefined, resources: ReadonlyMap<string, Resource>, hash: SetHash) {
    super(resources, hash);
    this.under = under;
  }
}

/** The whole assignments with the subsets in their place; `changed` are those that differ from `before`. */
function overlaid(
  before: ResourceSet | undefined,
  whole: ResourceSet | undefined,
  { subsets, changed }: { readonly subsets: LayeredMap<string, Resource>; readonly changed: readonly ServiceName[] },
): ResourceSet {
  const resources = new LayeredMap(whole?.resources, subsets);
  return new OverlaidSet(whole, resources, hashAfter(before, resources, before === undefined ? resources.keys() : changed));
}

/** The hash of the set that was made from another one by changes under these names; without another one they are all names. */
function hashAfter(was: ResourceSet | undefined, resources: ReadonlyMap<string, Resource>, names: Iterable<string>): SetHash {
  let hash = was instanceof HashedSet ? was.hash : EMPTY_SET;
  for (const name of names) hash ^= hashOf(was?.resources.get(name)) ^ hashOf(resources.get(name));
  return hash;
}

const HASHES = new WeakMap<Resource, SetHash>();

/** As a member of its set; views share their resources. */
function hashOf(resource: Resource | undefined): SetHash {
  if (resource === undefined) return EMPTY_SET;
  let hash = HASHES.get(resource);
  if (hash === undefined) {
    hash = memberHash(resource.name, resource.version);
    HASHES.set(resource, hash);
  }
  return hash;
}
