// What this process was told to do, after defaults: no optional value is left for a room to interpret.

import type { Protocol, ServiceName } from "@fairlead/shared";
import type { CallingSettings } from "./calling-settings.js";
import type { CoordinationSettings } from "./coordination-settings.js";
import type { DnsSourceSettings } from "./dns-settings.js";
import type { XdsTlsSettings } from "./xds-settings.js";
import type { ZooKeeperSourceSettings } from "./zookeeper-settings.js";

export interface Listen {
  readonly host: string;
  /** 0 lets the system choose (tests). */
  readonly port: number;
}

export interface Settings {
  readonly id: string;
  readonly stateDir: string;
  readonly xds: { readonly listen: Listen; readonly tls?: XdsTlsSettings };
  readonly admin: { readonly listen: Listen };
  /** Publish nothing and compare with what is served there: `http://…` of another control plane's admin API, or an absolute path. */
  readonly observe?: string;
  /** Absent: this control plane's checks decide alone. */
  readonly coordination?: CoordinationSettings;
  /** How long a source may stay silent before /readyz stops waiting for it. */
  readonly bootWaitMs: number;
  /** Order is priority: of two sources that give one endpoint, the earlier one's weight and zone count. */
  readonly sources: readonly SourceSettings[];
  readonly services: ReadonlyMap<ServiceName, ServiceSettings>;
  /** For services that a source lists and `services:` does not mention. */
  readonly defaults: ServiceSettings;
}

export type SourceSettings = StaticSourceSettings | FileSourceSettings | ZooKeeperSourceSettings | DnsSourceSettings;

export interface StaticEndpointSettings {
  /** `ip:port`. */
  readonly address: string;
  readonly weight: number;
  readonly zone: string;
  readonly instance?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Where it is written: `file:line:column`. */
  readonly place: string;
}

export interface StaticSourceSettings {
  readonly type: "static";
  readonly name: string;
  readonly services: ReadonlyMap<ServiceName, readonly StaticEndpointSettings[]>;
}

export interface FileSourceSettings {
  readonly type: "file";
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export const SAFETY_PRESETS = ["standard", "cautious", "off"] as const;
/** How long doubtful removals wait; `off` switches the guards off. */
export type Safety = (typeof SAFETY_PRESETS)[number];

export const UNLISTED_POLICIES = ["remove", "keep-while-healthy"] as const;
/** What becomes of an endpoint that no source lists any more: it leaves when its hold ends, or stays while its checks pass. */
export type Unlisted = (typeof UNLISTED_POLICIES)[number];

export const MERGE_POLICIES = ["union", "first"] as const;
/** Everything the sources give, or only what the first of them gives that has anybody. */
export type MergePolicy = (typeof MERGE_POLICIES)[number];

/** Which sources say who is in a service, and what becomes of whom they list no more. */
export interface MembershipSettings {
  readonly safety: Safety;
  readonly unlisted: Unlisted;
  readonly merge: MergePolicy;
  /** Names of sources, in the service's order of priority; all of them, in their own order, where absent. */
  readonly sources?: readonly string[];
  /** A source that is read beside the others and never published: its differences are reported. */
  readonly compare?: string;
}

export interface ServiceSettings extends MembershipSettings, CallingSettings {
  readonly protocol: Protocol;
  /** Whole request, from the last byte of its head to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Where Envoy listens for this service. */
  readonly localPort?: number;
  readonly check: CheckSettings;
  readonly retries: {
    readonly attempts: number;
    readonly budgetPercent: number;
    /** Of one try, until its answer begins; absent where only the whole request has a limit. */
    readonly perTryTimeoutMs?: number;
  };
}

export interface CheckTiming {
  readonly intervalMs: number;
  /** Interval after a failure, until the verdict is settled again. */
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
  /** Agreeing passes to become healthy again. */
  readonly rise: number;
  /** Agreeing failures to become unhealthy. */
  readonly fall: number;
  /** Silence that has not lasted so long counts for nothing, however often it was met: a process may pause. */
  readonly pauseToleranceMs: number;
  /** Checks addresses that no service should have, too. */
  readonly anyAddress?: true;
  /** A change to this check decides at once, untried. */
  readonly now?: true;
}

export interface HttpCheckSettings extends CheckTiming {
  readonly type: "http";
  readonly path: string;
  /** Host header; the service's name where absent. */
  readonly host?: string;
  /** Inclusive range of statuses that pass. */
  readonly status: { readonly from: number; readonly to: number };
  readonly headers?: Readonly<Record<string, string>>;
  /** What the body has to contain. */
  readonly body?: string;
  /** What tells that it is who it is registered as. */
  readonly identity?: IdentitySettings;
  /** Over TLS, with certificates of the system's authorities; `insecure` believes any. */
  readonly tls?: { readonly serverName?: string; readonly insecure?: true };
}

/** Where an endpoint says who it is, and what it has to say: a text with `{service}`, `{instance}`, `{ip}` and `{port}` in it. */
export type IdentitySettings =
  | { readonly header: string; readonly is: string }
  /** The body contains it. */
  | { readonly body: string };

export type CheckSettings = { readonly type: "none" } | (CheckTiming & { readonly type: "tcp" }) | HttpCheckSettings;
