// LinkedIn's D2: the znodes under `/d2/uris/<cluster>`.

import { ok, type Result } from "@fairlead/shared";
import type { Endpoint } from "../../source.js";
import { registeredAddress, shown } from "./address.js";
import type { Announcement, Decode, Member } from "./decoder.js";
import { type Fields, isObject, jsonObject } from "./json-object.js";
import { endpointOf, scaledWeight } from "./registration.js";
import { malformed, type Rejection, unusable } from "./rejection.js";

/** One znode of a server is a handful of URIs at most. */
const MAX_URIS = 64;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Decoder of D2 announcements. With a scheme chosen, URIs of another one announce nothing for us. */
export function d2Decoder(scheme: string | undefined): Decode {
  return ({ path, name, data }: Member): Result<Announcement, Rejection> => {
    if (name.startsWith("$"))
      return unusable(`${shown(name)} is a symbolic link of D2, which is not followed: name the cluster it points to`);
    const announced = jsonObject(data);
    if (!announced.ok) return announced;
    const weights = weightsOf(announced.value);
    if (!weights.ok) return weights;
    const properties = announced.value["uriSpecificProperties"];
    const endpoints: Endpoint[] = [];
    let leftOut: Rejection | undefined;
    for (const [uri, weight] of weights.value) {
      const own = isObject(properties) ? properties[uri] : undefined;
      const endpoint = endpointOfUri({ uri, weight, properties: isObject(own) ? own : {}, place: path }, scheme);
      if (!endpoint.ok) leftOut ??= endpoint.error;
      else if (endpoint.value !== undefined) endpoints.push(endpoint.value);
    }
    if (endpoints.length === 0 && leftOut !== undefined) return { ok: false, error: leftOut };
    return ok({ endpoints, ...(leftOut === undefined ? {} : { leftOut }) });
  };
}

/**
 * Weight by URI. `partitionDesc` wins over `weights`, which speaks of partition 0 only (and may be left out). A server in several partitions
 * works for each of them: it gets the sum.
 */
function weightsOf(announced: Fields): Result<ReadonlyMap<string, number>, Rejection> {
  const { partitionDesc, weights } = announced as Readonly<Partial<Record<"partitionDesc" | "weights", unknown>>>;
  const chosen = isObject(partitionDesc) && Object.keys(partitionDesc).length > 0 ? partitionDesc : weights;
  if (!isObject(chosen)) return malformed(`neither partitionDesc nor weights: fields are ${shown(Object.keys(announced))}`);
  const uris = Object.keys(chosen);
  if (uris.length > MAX_URIS) return malformed(`${uris.length} URIs, at most ${MAX_URIS} are read`);
  const byUri = new Map<string, number>();
  for (const uri of uris) {
    const weight = chosen === partitionDesc ? sumOfPartitions(chosen[uri]) : chosen[uri];
    if (!isShare(weight)) return malformed(`weight of ${shown(uri)} is ${shown(chosen[uri])}`);
    byUri.set(uri, weight);
  }
  return ok(byUri);
}

function sumOfPartitions(partitions: unknown): number | undefined {
  if (!isObject(partitions)) return undefined;
  let sum = 0;
  for (const partition of Object.values(partitions)) {
    const weight = isObject(partition) ? partition["weight"] : undefined;
    if (!isShare(weight)) return undefined;
    sum += weight;
  }
  return sum;
}

function isShare(weight: unknown): weight is number {
  return typeof weight === "number" && Number.isFinite(weight) && weight >= 0;
}

interface Announced {
  readonly uri: string;
  readonly weight: number;
  readonly properties: Fields;
  readonly place: string;
}

const URI = /^([a-z][a-z0-9+.-]*):\/\/(?:\[([^\]]+)\]|([^/:?#[\]@]+))(?::(\d{1,5}))?(?:[/?#]|$)/i;

/** Undefined for a URI of another scheme. */
function endpointOfUri({ uri, weight, properties, place }: Announced, scheme: string | undefined): Result<Endpoint | undefined, Rejection> {
  const match = URI.exec(uri);
  if (match === null) return malformed(`${shown(uri)} is not a URI with a host`);
  const own = match[1]?.toLowerCase() ?? "";
  if (scheme !== undefined && own !== scheme) return ok(undefined);
  const address = registeredAddress(match[2] ?? match[3], match[4] === undefined ? DEFAULT_PORTS[own] : Number(match[4]));
  if (!address.ok) return address;
  const aside = properties["doNotLoadBalance"];
  return ok(
    endpointOf({
      address: address.value,
      place,
      weight: scaledWeight(weight),
      zone: properties["zone"],
      draining: aside === true || aside === "true" ? "doNotLoadBalance" : undefined,
      metadata: properties,
    }),
  );
}
