import { RESOURCE_TYPES } from "@fairlead/proto";

/** How a type behaves on the wire. */
export interface TypeRules {
  /** Whether "everything" can be asked for (xDS rules R17, R19: Listeners and Clusters only). */
  readonly wildcard: boolean;
  /** Whether a SotW response holds everything subscribed, so that absence means deletion (xDS rule R12). */
  readonly fullState: boolean;
}

const COLLECTION: TypeRules = { wildcard: true, fullState: true };
const BY_NAME: TypeRules = { wildcard: false, fullState: false };

/** The rules of a type. A type this schema does not know is asked for by name, like an assignment. */
export function typeRules(typeUrl: string): TypeRules {
  return typeUrl === RESOURCE_TYPES.listener || typeUrl === RESOURCE_TYPES.cluster ? COLLECTION : BY_NAME;
}

/** Which types may lead to a type: while one of these has something to say, nothing of the type is taken away (xDS rules R28, R29). */
export const REFERRERS: ReadonlyMap<string, readonly string[]> = new Map([
  [RESOURCE_TYPES.routeConfiguration, [RESOURCE_TYPES.listener]],
  [RESOURCE_TYPES.cluster, [RESOURCE_TYPES.listener, RESOURCE_TYPES.routeConfiguration]],
  [RESOURCE_TYPES.assignment, [RESOURCE_TYPES.cluster]],
]);

/**
 * Make before break (xDS rule R28): a cluster before its assignment, both before the listeners and routes that lead to it.
 * Types that are not named here follow in the order they were asked for.
 */
export const SEND_ORDER: readonly string[] = [
  RESOURCE_TYPES.cluster,
  RESOURCE_TYPES.assignment,
  RESOURCE_TYPES.listener,
  RESOURCE_TYPES.routeConfiguration,
];
