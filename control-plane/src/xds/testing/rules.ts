/**
 * What this server does about a rule of the xDS protocol.
 *
 * - `served`: done, and a test shows it
 * - `tolerated`: a client that uses it is served as if it did not, and a test shows it
 * - `client`: the client's duty; nothing of it is ours
 * - `no`: not served
 * - `none`: the rule says nothing about this variant
 */
export type Standing = "served" | "tolerated" | "client" | "no" | "none";

export interface Rule {
  readonly says: string;
  readonly sotw: Standing;
  readonly delta: Standing;
}

const both = (standing: Standing, says: string): Rule => ({ says, sotw: standing, delta: standing });
const sotw = (standing: Standing, says: string): Rule => ({ says, sotw: standing, delta: "none" });
const delta = (standing: Standing, says: string): Rule => ({ says, sotw: "none", delta: standing });

/** The rules as the tests number them. */
export const RULES: Readonly<Record<string, Rule>> = {
  R1: both("served", "four variants: state of the world and delta, aggregated and a stream per type"),
  R2: both(
    "served",
    "each type is a sub-stream of its own; type_url is mandatory on ADS and implied elsewhere; an unknown type ends nothing",
  ),
  R3: both("client", "gRPC clients use ADS and state of the world only, Envoy any variant"),
  R4: both("served", "only the first request must carry the node; without an id it is refused"),
  R5: both("tolerated", "client features are read and given to the view; those about a time to live are all that changes the protocol"),
  R6: both("served", "a response has a version, a nonce of its own, its type and the server's identifier"),
  R7: both("served", "a NACK is told by error_detail alone"),
  R8: both("served", "nothing is sent when nothing changed"),
  R9: sotw("served", "a request with an outdated nonce is ignored; before the first response the nonce means nothing"),
  R10: sotw("served", "the first request of a type on a stream is answered, whatever version it claims"),
  R11: both("served", "a NACK changes the subscription, counts once per nonce, and the same version is not sent again"),
  R12: sotw("served", "Listeners and Clusters are full state; of other types what changed is sent"),
  R13: both("served", "no name twice in one response"),
  R14: sotw("served", "what is newly named is sent, at whatever version; names that do not exist yet are remembered"),
  R15: sotw("served", "what does not exist is not there; resource_errors say so"),
  R16: sotw("served", "resources may be wrapped for clients that say they take it; ours are where they have a time to live"),
  R17: both("served", "the wildcard, legacy and explicit, for Listeners and Clusters"),
  R18: both("served", "an empty list after names is no wildcard"),
  R19: both("served", "assignments and routes know no wildcard"),
  R20: delta("served", "a request is any mix of subscription and answer; nonces only correlate"),
  R21: delta("served", "what is subscribed again is sent again"),
  R22: delta("served", "dropping what was not subscribed changes nothing; a name the wildcard still covers is answered"),
  R23: delta("served", "what does not exist, or no longer, is in removed_resources"),
  R24: delta("served", "each resource has its name and a version that is stable across servers and restarts"),
  R25: delta("served", "after a reconnect only what differs from initial_resource_versions is sent"),
  R26: both("served", "the first wildcard request is answered although there is nothing"),
  R27: delta("served", "an answer is split below the size that clients take; a full state cannot be"),
  R28: both("served", "make before break: clusters, assignments, listeners, routes; then what is taken away"),
  R29: sotw("served", "clusters are withdrawn in two steps: old and new, then new"),
  R30: both("served", "Envoy warms: a changed cluster brings its assignment again, and after a reconnect what it asks for is answered"),
  R31: both("served", "resources with a time to live, renewed by heartbeats for clients that say they take it"),
  R32: both("served", "resource_errors: not found, or unavailable with since when and why"),
  R33: both("served", "streams end with OK, and after a response"),
  R34: both("client", "fallback to another server; ours may be any in the list"),
  R35: both("tolerated", "xdstp names are opaque; globs are not expanded"),
};
