// The rooms around health, joined: it checks what the registry knows, and what it finds ends holds there.

import { type Closable, type EndpointId, LatencySketch, type ServiceName } from "@fairlead/shared";
import type { CoordinationSettings, ServiceSettings } from "./config/index.js";
import { type Checkers, Coordinator } from "./coordination/index.js";
import type { ZxidFloors } from "./discovery/index.js";
import { identityOf } from "./fleet/index.js";
import { type CallerLoad, Callers, ChangedChecks, Judge, NO_VOTES, newChecker, type Opinions } from "./health/index.js";
import type { Confirmations } from "./records/index.js";
import type { LiveRegistry } from "./registry/index.js";
import { publishedEndpoint, type ServiceSnapshot } from "./snapshot/index.js";
import type { World } from "./world.js";
import type { LoadObserver, PlaceLoad } from "./xds/index.js";

export interface Around {
  readonly registry: LiveRegistry;
  readonly confirmations: Confirmations;
  /** What is in force now. */
  readonly settingsOf: (service: ServiceName) => ServiceSettings;
  readonly published: (service: ServiceName) => ServiceSnapshot | undefined;
}

/** How to meet other checkers, where that is configured. */
interface MeetOthers {
  readonly id: string;
  readonly coordination?: CoordinationSettings;
  readonly floors: ZxidFloors;
}

export interface JoinedHealth {
  readonly judge: Judge;
  readonly callers: Callers;
  /** For the admin API. */
  readonly shown: {
    readonly health: Judge;
    readonly callers: Callers;
    readonly checkers: Checkers | undefined;
    readonly changedChecks: ChangedChecks;
  };
  /** Takes the checks that are configured now. */
  configure(): void;
  readonly closables: readonly Closable[];
}

export function joinHealth(world: World, around: Around, meet: MeetOthers): JoinedHealth {
  const { registry, published } = around;
  const { services } = registry;
  const changed = new ChangedChecks({ ...world, ...around, services, opinionsOf: (service) => checker.opinions.value.get(service) });
  const checker = newChecker({ ...world, services, checks: changed.inForce });
  const served = (service: ServiceName, endpoint: EndpointId) => {
    const entry = publishedEndpoint(published(service), endpoint);
    return entry?.health === "healthy" ? entry : undefined;
  };
  const callers = new Callers({ ...world, services });
  const others = otherCheckers(world, meet, checker);
  const judge = new Judge({ ...world, ...around, served, services, checks: checker, callers, votes: others ?? NO_VOTES });
  const { verdicts } = judge;
  registry.useEvidence({ verdict: (service, endpoint) => verdicts.value.get(service)?.get(endpoint) });
  const evidence = verdicts.watch((_all, changed) => registry.reconsider(changed));
  return {
    judge,
    callers,
    shown: { health: judge, callers, checkers: others, changedChecks: changed },
    configure: () => changed.configure(),
    closables: [changed, checker, callers, ...(others === undefined ? [] : [others]), judge, evidence],
  };
}

function otherCheckers(world: World, { id, coordination: settings, floors }: MeetOthers, checks: Opinions): Coordinator | undefined {
  if (settings === undefined) return undefined;
  const log = world.log.child({ room: "coordination" });
  // No source may have this name.
  const floor = floors.floorOf("coordination:", settings.servers);
  return new Coordinator({ ...world, id, settings, floor, log, run: world.uuid(), connect: world.discovery.zookeeper(log), checks });
}

/** What clients report goes to `table`, which shows it, and to the verdicts. */
export function heardToo(table: LoadObserver, callers: Callers): LoadObserver {
  return {
    opened: (reporter) => table.opened(reporter),
    closed: (reporter) => table.closed(reporter),
    reported(reporter, loads) {
      table.reported(reporter, loads);
      const caller = { identity: identityOf(reporter), zone: reporter.node.zone };
      for (const { cluster, places } of loads) callers.reported(caller, cluster as ServiceName, places.map(callerLoad));
    },
  };
}

function callerLoad({ place, succeeded, failed, latencies }: PlaceLoad): CallerLoad {
  const sketch = latencies === undefined ? undefined : LatencySketch.decode(latencies);
  return { endpoint: place.endpoint, succeeded, failed, medianMs: sketch?.ok === true ? sketch.value.quantile(0.5) : undefined };
}
