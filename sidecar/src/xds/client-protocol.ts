import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse__Output,
  type Node,
  RESOURCE_TYPES,
  type Resource__Output,
} from "@fairlead/proto";
import {
  Cell,
  type Clock,
  type Closable,
  type CounterMetric,
  fail,
  type Log,
  type Metrics,
  type Result,
  type Watchable,
} from "@fairlead/shared";
import type { AppliedResources } from "../endpoint/index.js";
import { type DecodedResource, decodeResource, type RawResource } from "./decode.js";
import { type HeldResource, HeldResources, SUBSCRIBED_TYPES } from "./held-resources.js";
import { type Issue, Issues } from "./issues.js";
import { ack, nack, nackType, type Refused } from "./nack.js";
import { ownFlag } from "./own-metadata.js";
import { Withdrawals } from "./withdrawals.js";

/** What this sidecar holds and what is wrong with it, for saving and for people. Immutable. */
export interface XdsState {
  readonly held: readonly HeldResource[];
  readonly issues: readonly Issue[];
  /** `lineage/epoch/revision` of the control plane, from the last response that had one; shown and saved, not compared. */
  readonly position: string;
  /** A control plane has answered this process: `held` is what it said, on top of what was restored. Worth saving. */
  readonly heard: boolean;
}

export interface ClientProtocolOptions {
  readonly node: { readonly id: string; readonly cluster: string; readonly zone: string };
  /** Of this program, for `user_agent_version`. */
  readonly version: string;
  /** Services to subscribe to, by name: nothing else is ever asked for (decision D2). */
  readonly upstreams: readonly string[];
  /** Requests to a service so far: one that is still called outlives its removal. */
  readonly requestsTo: (service: string) => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What was read from disk. */
export interface RestoredState {
  readonly resources: readonly RawResource[];
  readonly position: string;
  /** Wall time. */
  readonly savedAtMs: number;
}

/**
 * The client's side of delta ADS as a machine without I/O: `open` gives the first messages of a stream, `receive` the
 * answer to each response. It outlives streams, so that a reconnect asks only for what differs (xDS rule R25).
 */
export class ClientProtocol implements Closable {
  readonly #options: ClientProtocolOptions;
  readonly #wanted: ReadonlySet<string>;
  readonly #held = new HeldResources();
  readonly #issues = new Issues();
  readonly #withdrawals: Withdrawals;
  readonly #applied: Cell<AppliedResources>;
  readonly #state: Cell<XdsState>;
  readonly #appliedCount: CounterMetric;
  readonly #refusedCount: CounterMetric;
  #position = "";
  #heard = false;

  constructor(options: ClientProtocolOptions) {
    this.#options = options;
    this.#wanted = new Set(options.upstreams);
    this.#withdrawals = new Withdrawals({ ...options, onOver: (service) => this.#over(service) });
    this.#applied = new Cell(this.#held.applied);
    this.#state = new Cell<XdsState>({ held: [], issues: [], position: "", heard: false });
    const labels = ["type"];
    this.#appliedCount = options.metrics.counter({ name: "xds_resources_applied_total", help: "Resources put in force.", labels });
    this.#refusedCount = options.metrics.counter({ name: "xds_resources_refused_total", help: "Resources refused with a NACK.", labels });
  }

  /** What is in force now. Set before `state`. */
  get applied(): Watchable<AppliedResources> {
    return this.#applied;
  }

  get state(): Watchable<XdsState> {
    return this.#state;
  }

  /** Puts saved resources in force, before any stream: those of configured upstreams that still decode. @returns the others */
  restore({ resources, position, savedAtMs }: RestoredState): readonly Refused[] {
    const dropped: Refused[] = [];
    for (const raw of resources) {
      if (!this.#wanted.has(raw.name) || this.#held.has(raw.typeUrl, raw.name)) continue;
      const decoded = decodeResource(raw);
      if (decoded.ok) this.#held.put(raw, decoded.value, { kind: "disk", atMs: savedAtMs });
      else dropped.push({ name: raw.name, reason: `${raw.typeUrl}: ${decoded.error}` });
    }
    this.#position = position;
    this.#publish();
    return dropped;
  }

  /** The first messages of a new stream: one per type, the node in the first of them only (xDS rule R4). */
  open(): readonly DeltaDiscoveryRequest[] {
    // No names at all would mean "everything" to the server (xDS rule R17).
    if (this.#wanted.size === 0) return [];
    return SUBSCRIBED_TYPES.map((typeUrl, i) => ({
      ...(i === 0 ? { node: this.#node() } : {}),
      type_url: typeUrl,
      resource_names_subscribe: [...this.#wanted],
      initial_resource_versions: { ...this.#held.versions(typeUrl) },
    }));
  }

  /**
   * Applies a response: every resource that decodes is in force when this returns, the others stay at their last good
   * version. @returns the ACK, or the NACK that names what was refused
   */
  receive(response: DeltaDiscoveryResponse__Output): DeltaDiscoveryRequest {
    const { type_url: typeUrl, nonce } = response;
    if (!SUBSCRIBED_TYPES.includes(typeUrl)) {
      this.#options.log.warn("xds-type-not-subscribed", { typeUrl: typeUrl.slice(0, 200) });
      return nackType(typeUrl, nonce);
    }
    this.#heard = true;
    if (response.system_version_info !== "") this.#position = response.system_version_info;
    for (const name of response.removed_resources) this.#remove(typeUrl, name);
    const refused = this.#applyAll(typeUrl, response.resources);
    for (const error of response.resource_errors) {
      const name = error.resource_name?.name ?? "";
      if (this.#wanted.has(name)) this.#issues.serverError(typeUrl, name, { status: error.error_detail, nowMs: this.#now() });
    }
    this.#publish();
    return refused.length === 0 ? ack(typeUrl, nonce) : nack(typeUrl, nonce, refused);
  }

  /** Leaves no timer behind. */
  close(): void {
    this.#withdrawals.close();
  }

  #applyAll(typeUrl: string, resources: readonly Resource__Output[]): readonly Refused[] {
    const refused: Refused[] = [];
    const twice = repeatedNames(resources);
    for (const resource of resources) {
      const name = nameOf(resource);
      // What was not asked for is ignored (xDS rule R14); a resource without a body is a heartbeat and says "as before".
      if (!this.#wanted.has(name) || resource.resource === null) continue;
      const { type_url: bodyType, value } = resource.resource;
      const confirmed = ownFlag(resource.metadata, "confirmed");
      const raw: RawResource = { typeUrl, name, version: resource.version, value, confirmed };
      const decoded = twice.has(name) ? fail("it is in the response more than once") : decodeOf(raw, bodyType);
      if (decoded.ok) this.#apply(raw, decoded.value);
      else if (!refused.some((earlier) => earlier.name === name)) refused.push(this.#refuse(raw, decoded.error));
    }
    return refused;
  }

  #apply(raw: RawResource, decoded: DecodedResource): void {
    this.#issues.settled(raw.typeUrl, raw.name);
    if (raw.typeUrl === RESOURCE_TYPES.cluster) this.#withdrawals.end(raw.name);
    const changed = this.#held.put(raw, decoded, { kind: "live", atMs: this.#now() });
    this.#appliedCount.add(1, { type: raw.typeUrl });
    if (changed) this.#options.log.debug("xds-resource-applied", { typeUrl: raw.typeUrl, name: raw.name, version: raw.version });
  }

  #refuse(raw: RawResource, reason: string): Refused {
    this.#refusedCount.add(1, { type: raw.typeUrl });
    const isNew = this.#issues.refused(raw, reason, this.#now());
    if (isNew) this.#options.log.warn("xds-resource-refused", { typeUrl: raw.typeUrl, name: raw.name, version: raw.version, reason });
    return { name: raw.name, reason };
  }

  #remove(typeUrl: string, name: string): void {
    if (!this.#wanted.has(name)) return;
    const wasHeld = this.#held.withdraw(typeUrl, name);
    this.#issues.removed(typeUrl, name, { stays: this.#held.has(typeUrl, name), nowMs: this.#now() });
    if (wasHeld) this.#options.log.warn("xds-resource-removed", { typeUrl, name, staysInForce: this.#held.has(typeUrl, name) });
    if (wasHeld && typeUrl === RESOURCE_TYPES.cluster) this.#withdrawals.begin(name);
  }

  #over(service: string): void {
    this.#held.drop(service);
    this.#options.log.warn("xds-service-dropped", { service, because: "it was removed and nobody has called it since" });
    this.#publish();
  }

  #publish(): void {
    this.#applied.set(this.#held.applied);
    this.#state.set({ held: this.#held.all(), issues: this.#issues.all(), position: this.#position, heard: this.#heard });
  }

  #node(): Node {
    const { node, version } = this.#options;
    return {
      id: node.id,
      cluster: node.cluster,
      locality: { zone: node.zone },
      user_agent_name: "fairlead",
      user_agent_version: version,
    };
  }

  #now(): number {
    return this.#options.clock.wallMs();
  }
}

function decodeOf(raw: RawResource, bodyType: string): Result<DecodedResource> {
  if (bodyType !== raw.typeUrl) return fail(`its body is a ${bodyType.slice(0, 200)} in a response of ${raw.typeUrl}`);
  return decodeResource(raw);
}

function nameOf(resource: Resource__Output): string {
  return resource.name || (resource.resource_name?.name ?? "");
}

/** One response holds a resource once (xDS rule R13); which of two would be meant is anybody's guess. */
function repeatedNames(resources: readonly Resource__Output[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const resource of resources) {
    const name = nameOf(resource);
    if (seen.has(name)) twice.add(name);
    seen.add(name);
  }
  return twice;
}
