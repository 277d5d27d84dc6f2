import {
  type ConfigProblem,
  DEFAULT_WEIGHT,
  DEFAULT_ZONE,
  endpointId,
  fail,
  formatPath,
  formatPlace,
  ok,
  parseAddress,
  type ReadConfig,
  type Result,
  readConfig,
  type ServiceName,
  splitHostPort,
} from "@fairlead/shared";
import type { ConfigText } from "./read-settings.js";
import { type EndpointText, endpointSchema, serviceListsSchema } from "./schema.js";
import type { StaticEndpointSettings } from "./settings.js";

/** On Linux a connection to these reaches the machine itself: the control plane's for its checks, each caller's for its requests. */
const EVERY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** One written endpoint, its address in canonical form. */
export function readEndpoint(text: EndpointText, place: string): Result<StaticEndpointSettings> {
  const address = parseAddress(text.address);
  if (!address.ok) return fail(addressHint(text.address));
  if (EVERY_ADDRESS.has(address.value.ip))
    return fail(
      `${JSON.stringify(text.address)} is where a server listens, not where it is reached; give the address of the machine it runs on`,
    );
  return ok({
    address: endpointId(address.value),
    weight: text.weight ?? DEFAULT_WEIGHT,
    zone: text.zone ?? DEFAULT_ZONE,
    ...(text.instance === undefined ? {} : { instance: text.instance }),
    ...(text.metadata === undefined ? {} : { metadata: { ...text.metadata } }),
    place,
  });
}

function addressHint(text: string): string {
  const expected = `expected an address such as 10.0.0.1:8080, got ${JSON.stringify(text.slice(0, 80))}`;
  const split = splitHostPort(text);
  const isName = split.ok && /[a-z]/i.test(split.value.host) && !split.value.host.includes(":");
  return isName ? `${expected}; lists take IP addresses, names go to a source of type dns` : expected;
}

/** What a file source's file says. */
export interface ServiceLists {
  readonly services: ReadonlyMap<ServiceName, readonly StaticEndpointSettings[]>;
  /** Entries that could not be read; they cost the others nothing. */
  readonly quarantined: readonly QuarantinedEntry[];
}

interface QuarantinedEntry {
  readonly service: string;
  readonly place: string;
  readonly reason: string;
  /** Whether it may be an endpoint that cannot be told; the repetition of one that is listed is none. */
  readonly hides: boolean;
}

/**
 * Reads the file of a file source: `services: { NAME: [ { address, weight, zone, instance, metadata } ] }`. A file that is not YAML or
 * not of this form is refused whole; one bad entry is quarantined.
 */
export function readServiceLists(input: ConfigText): Result<ServiceLists, readonly ConfigProblem[]> {
  const read = readConfig({ ...input, schema: serviceListsSchema });
  if (!read.ok) return read;
  const services = new Map<ServiceName, readonly StaticEndpointSettings[]>();
  const quarantined: QuarantinedEntry[] = [];
  for (const [service, entries] of Object.entries(read.value.value.services)) {
    const first = new Map<string, string>();
    const good: StaticEndpointSettings[] = [];
    entries.forEach((entry, index) => {
      const place = formatPlace(read.value.keyPlace(["services", service, index]));
      const endpoint = readEntry(read.value, entry, { service, index, place });
      const same = endpoint.ok ? first.get(endpoint.value.address) : undefined;
      if (!endpoint.ok) quarantined.push({ service, place, reason: endpoint.error, hides: true });
      else if (same !== undefined)
        quarantined.push({ service, place, reason: `${endpoint.value.address} is already listed at ${same}`, hides: false });
      else {
        first.set(endpoint.value.address, place);
        good.push(endpoint.value);
      }
    });
    services.set(service as ServiceName, good);
  }
  return ok({ services, quarantined });
}

interface EntrySpot {
  readonly service: string;
  readonly index: number;
  readonly place: string;
}

function readEntry(read: ReadConfig<unknown>, entry: unknown, { service, index, place }: EntrySpot): Result<StaticEndpointSettings> {
  const path = ["services", service, index];
  const unfit = read.check(path, endpointSchema);
  const reasons = unfit.map((problem) =>
    [formatPath(problem.path.slice(path.length)), problem.message].filter((part) => part !== "").join(": "),
  );
  return reasons.length > 0 ? fail(reasons.join("; ")) : readEndpoint(entry as EndpointText, place);
}
