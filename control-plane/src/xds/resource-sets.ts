// A view made by hand, for users of the library: messages or bytes in, versions by content out.

import { DecodeError, decode, encode, type MessageName, type Messages, RESOURCE_TYPES } from "@fairlead/proto";
import { contentHash, versionOfAll } from "@fairlead/shared";
import type { Absence, Resource, ResourceSet, ResourceSets } from "./resource-set.js";

/** Resources of one type by name: a message of the schema, or its bytes. What they refer to need not be there. */
type Named<N extends MessageName> = Readonly<Record<string, Messages[N]["input"] | Buffer>>;

const MESSAGES = {
  listener: "envoy.config.listener.v3.Listener",
  routeConfiguration: "envoy.config.route.v3.RouteConfiguration",
  cluster: "envoy.config.cluster.v3.Cluster",
  assignment: "envoy.config.endpoint.v3.ClusterLoadAssignment",
} as const satisfies Record<keyof typeof RESOURCE_TYPES, MessageName>;
type TypeName = keyof typeof MESSAGES;

export interface ViewContent {
  readonly listeners?: Named<(typeof MESSAGES)["listener"]>;
  readonly routes?: Named<(typeof MESSAGES)["routeConfiguration"]>;
  readonly clusters?: Named<(typeof MESSAGES)["cluster"]>;
  readonly assignments?: Named<(typeof MESSAGES)["assignment"]>;
  /** Types that this schema does not know, by type URL, as bytes. They are served by name only. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, Buffer>>>>;
  /**
   * By type URL: shown as `version_info` (SotW) and `system_version_info` (delta) of that type in place of a hash. Only shown: a change of content
   * under the same label is sent.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * How long a client that can shall keep a resource once it hears nothing of this server any more (xDS rule R31): a second or longer;
   * undefined, and by default, for ever. For what must not outlive who watches over it, such as a fault that is injected; never for
   * what callers need.
   */
  readonly ttlMs?: (typeUrl: string, name: string) => number | undefined;
  /** Why a name is not there. Default: it does not exist. */
  readonly absence?: (typeUrl: string, name: string) => Absence;
}

/**
 * The view with this content. Give the view before as `previous`: what did not change keeps its reference, which costs the streams
 * nothing. Throws TypeError, naming the place, at a message that is not of the schema, and at a time to live too short to be renewed.
 */
export function resourceSets(content: ViewContent, previous?: ResourceSets): ResourceSets {
  const { listeners = {}, routes = {}, clusters = {}, assignments = {}, others = {}, labels = {} } = content;
  const types = new Map<string, ResourceSet>();
  const add = (typeUrl: string, resources: readonly Resource[]) => {
    const timed = resources.map((resource) => withTtl(resource, content.ttlMs?.(typeUrl, resource.name)));
    types.set(typeUrl, setOf(typeUrl, timed, labels[typeUrl], previous?.types.get(typeUrl)));
  };
  add(RESOURCE_TYPES.listener, encoded("listener", listeners));
  add(RESOURCE_TYPES.routeConfiguration, encoded("routeConfiguration", routes));
  add(RESOURCE_TYPES.cluster, encoded("cluster", clusters));
  add(RESOURCE_TYPES.assignment, encoded("assignment", assignments));
  for (const [typeUrl, named] of Object.entries(others)) {
    add(
      typeUrl,
      Object.entries(named).map(([name, value]) => resourceOf(name, value)),
    );
  }
  return {
    position: versionOfAll([...types].map(([typeUrl, { version }]) => [typeUrl, version])),
    types,
    absence: content.absence ?? ((_typeUrl, name) => ({ kind: "not-found", reason: `there is no ${name}` })),
    complete: true,
    answerNewcomers: true,
  };
}

function encoded<T extends TypeName>(type: T, named: Named<(typeof MESSAGES)[T]>): readonly Resource[] {
  return Object.entries<Messages[(typeof MESSAGES)[T]]["input"] | Buffer>(named).map(([name, message]) =>
    resourceOf(name, Buffer.isBuffer(message) ? message : encode(MESSAGES[type], message)),
  );
}

function resourceOf(name: string, value: Buffer): Resource {
  return { name, version: contentHash(value), value };
}

const TTL_MIN_MS = 1_000;

/** Another time to live is another version: what a client has is sent again with it. */
function withTtl(resource: Resource, ttlMs: number | undefined): Resource {
  if (ttlMs === undefined) return resource;
  if (!(ttlMs >= TTL_MIN_MS)) throw new TypeError(`ttlMs of ${resource.name} is ${ttlMs}, at least ${TTL_MIN_MS} can be renewed in time`);
  return { ...resource, version: contentHash(JSON.stringify([resource.version, ttlMs])), ttlMs };
}

/** With what the protocol has to know of the content. Bytes that are no Cluster are the client's to refuse. */
function understood(typeUrl: string, resource: Resource): Resource {
  if (typeUrl !== RESOURCE_TYPES.cluster) return resource;
  try {
    const assignment = decode(MESSAGES.cluster, resource.value).eds_cluster_config?.service_name ?? "";
    return assignment === "" ? resource : { ...resource, assignment };
  } catch (error) {
    if (error instanceof DecodeError) return resource;
    throw error;
  }
}

function setOf(typeUrl: string, all: readonly Resource[], label: string | undefined, previous: ResourceSet | undefined): ResourceSet {
  const resources = new Map<string, Resource>();
  for (const resource of all) {
    const before = previous?.resources.get(resource.name);
    resources.set(resource.name, before?.version === resource.version ? before : understood(typeUrl, resource));
  }
  const isSame = previous?.resources.size === resources.size && [...resources].every(([name, one]) => previous.resources.get(name) === one);
  if (isSame && previous.label === label) return previous;
  const version = versionOfAll([...resources.values()].map(({ name, version: each }) => [name, each]));
  return { version, resources, ...(label === undefined ? {} : { label }) };
}
