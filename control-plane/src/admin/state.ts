// What the admin API reads. Everything here is owned by another room; admin only shows it.

import type { Clock, Metrics, ServiceName, Watchable } from "@fairlead/shared";
import type { BootstrapFinding } from "../config/index.js";
import type { Checkers } from "../coordination/index.js";
import type { Fleet } from "../fleet/index.js";
import type { CallerEvidence, CheckChange, Health } from "../health/index.js";
import type { ObservationState } from "../observe/index.js";
import type { Confirmation } from "../records/index.js";
import type { Registry } from "../registry/index.js";
import type { RefusedResource } from "../resources/index.js";
import type { KeeperState, Snapshot } from "../snapshot/index.js";
import type { TlsState } from "../xds/index.js";

/** How the last reload of the configuration went. */
export interface ReloadState {
  /** Wall time of the configuration in force. */
  readonly loadedAtMs: number;
  /** Why the newest text was refused; the running configuration stays. */
  readonly refused: { readonly sinceMs: number; readonly problems: readonly string[] } | undefined;
  /** Settings that changed and need a restart. */
  readonly restartNeeded: readonly string[];
}

/** A seed of ours that needs us, or DNS. */
export interface SeedDoubt extends BootstrapFinding {
  readonly sinceMs: number;
}

export interface AdminState {
  readonly id: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly registry: Registry;
  readonly health: Health;
  /** What callers report of endpoints, and which of them are not believed. */
  readonly callers: CallerEvidence;
  /** Checks that were changed and do not decide yet. */
  readonly changedChecks: { readonly changes: ReadonlyMap<ServiceName, CheckChange> };
  /** Who else checks and votes; undefined where that is not configured. */
  readonly checkers: Checkers | undefined;
  readonly snapshot: Watchable<Snapshot>;
  readonly keeper: Watchable<KeeperState>;
  readonly reload: Watchable<ReloadState>;
  readonly seeds: Watchable<readonly SeedDoubt[]>;
  /** In observe mode: how what would be published compares with what is served elsewhere. */
  readonly observation: Watchable<ObservationState> | undefined;
  readonly fleet: Fleet;
  /** The certificate of the xDS port; undefined without TLS. */
  readonly xdsTls: Watchable<TlsState | undefined>;
  /** What is not sent as it should be, since some client would refuse it. */
  readonly views: { readonly refused: readonly RefusedResource[] };
  confirm(service: ServiceName, by: { readonly author: string; readonly reason: string }): Confirmation;
}
