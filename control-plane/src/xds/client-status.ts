// Client status discovery (CSDS): which resource each client was sent, accepted and refused, as the standard's messages say it.

import type {
  ClientConfig,
  ClientConfig_GenericXdsConfig,
  ClientStatusRequest__Output,
  ClientStatusResponse,
  StringMatcher__Output,
} from "@fairlead/proto";
import { fail, ok, type Result } from "@fairlead/shared";
import type { XdsLimits } from "./limits.js";
import type { ClientStanding, ResourceStanding } from "./resource-standing.js";
import { STATUS, type StreamStatus } from "./stream-machine.js";

/** What a person reads, or a tool keeps; more is asked for by node. */
const CLIENTS_MAX = 1_000;
const RESOURCES_MAX = 20_000;

export interface ClientStatusOptions extends Pick<XdsLimits, "responseBytes"> {
  /** Wall time of a moment of the server's clock. */
  readonly wallOf: (monotonicMs: number) => number;
}

/** One `ClientConfig` per stream that matches. Refuses what it cannot do in one message, and says how to ask for less. */
export function clientStatus(
  request: ClientStatusRequest__Output,
  streams: Iterable<ClientStanding>,
  { responseBytes, wallOf }: ClientStatusOptions,
): Result<ClientStatusResponse, StreamStatus> {
  const matches = nodeTest(request);
  if (!matches.ok) return matches;
  const config: ClientConfig[] = [];
  let [resources, bytes] = [0, 0];
  for (const { node, types } of streams) {
    if (!matches.value(node.id)) continue;
    if (config.length === CLIENTS_MAX) return tooMuch(`more than ${CLIENTS_MAX} streams match`);
    const generic_xds_configs: ClientConfig_GenericXdsConfig[] = [];
    for (const type of types) {
      for (const standing of type.standings()) {
        resources += 1;
        bytes += request.exclude_resource_contents ? 0 : (standing.accepted?.value.length ?? 0);
        if (resources > RESOURCES_MAX) return tooMuch(`more than ${RESOURCES_MAX} resources match`);
        if (bytes > responseBytes) return tooMuch(`the contents exceed ${responseBytes} bytes; set exclude_resource_contents`);
        generic_xds_configs.push(configOf(standing, request.exclude_resource_contents, wallOf));
      }
    }
    const { id, cluster, zone, userAgentName, userAgentVersion } = node;
    const said = { id, cluster, locality: { zone }, user_agent_name: userAgentName, user_agent_version: userAgentVersion };
    config.push({ node: said, generic_xds_configs });
  }
  return ok({ config });
}

function tooMuch(what: string): Result<never, StreamStatus> {
  return fail({ code: STATUS.resourceExhausted, details: `${what}: ask for fewer nodes with node_matchers` });
}

function configOf(standing: ResourceStanding, bare: boolean, wallOf: ClientStatusOptions["wallOf"]): ClientConfig_GenericXdsConfig {
  const { typeUrl, name, accepted, claimed, refused } = standing;
  const change = accepted?.changes?.at(-1);
  return {
    type_url: typeUrl,
    name,
    version_info: accepted?.version ?? claimed ?? "",
    config_status: configStatus(standing),
    client_status: clientStanding(standing),
    ...(refused === undefined ? {} : { error_state: { details: refused.reason, version_info: refused.version } }),
    ...(change === undefined ? {} : { last_updated: timestampFromMs(wallOf(change.publishedMs)) }),
    ...(accepted === undefined || bare ? {} : { xds_config: { type_url: typeUrl, value: accepted.value } }),
  };
}

function timestampFromMs(wallMs: number) {
  const seconds = Math.floor(wallMs / 1_000);
  return { seconds, nanos: Math.floor((wallMs - seconds * 1_000) * 1e6) };
}

function configStatus({ current, sent, accepted, claimed, refused }: ResourceStanding): "SYNCED" | "NOT_SENT" | "STALE" | "ERROR" {
  if (sent !== undefined) return "STALE";
  if (refused !== undefined) return "ERROR";
  return current !== undefined && (accepted?.version ?? claimed) === current ? "SYNCED" : "NOT_SENT";
}

function clientStanding({ accepted, claimed, refused, toldAbsent }: ResourceStanding): "NACKED" | "ACKED" | "DOES_NOT_EXIST" | "REQUESTED" {
  if (refused !== undefined) return "NACKED";
  if (accepted !== undefined || claimed !== undefined) return "ACKED";
  return toldAbsent ? "DOES_NOT_EXIST" : "REQUESTED";
}

/** Any of the matchers; everybody without one. */
function nodeTest({ node_matchers: matchers }: ClientStatusRequest__Output): Result<(id: string) => boolean, StreamStatus> {
  const tests: ((id: string) => boolean)[] = [];
  for (const { node_id, node_metadatas } of matchers) {
    const test = node_id === null ? undefined : textTest(node_id);
    if (test === undefined || node_metadatas.length > 0) {
      const details =
        "a node matcher must have node_id with exact, prefix, suffix or contains, and no node_metadatas: others are not served";
      return fail({ code: STATUS.invalidArgument, details });
    }
    tests.push(test);
  }
  return ok((id) => tests.length === 0 || tests.some((test) => test(id)));
}

/** An expression of a stranger's could take for ever: those are not served. */
function textTest({ exact, prefix, suffix, contains, ignore_case }: StringMatcher__Output): ((text: string) => boolean) | undefined {
  const cased = (text: string) => (ignore_case ? text.toLowerCase() : text);
  if (exact !== undefined) return (text) => cased(text) === cased(exact);
  if (prefix !== undefined) return (text) => cased(text).startsWith(cased(prefix));
  if (suffix !== undefined) return (text) => cased(text).endsWith(cased(suffix));
  if (contains !== undefined) return (text) => cased(text).includes(cased(contains));
  return undefined;
}
