// Responses as bytes, encoded once for all streams that are sent the same.

import { encode, type Messages, packAny, structFrom } from "@fairlead/proto";
import type { Resource } from "./resource-set.js";
import type { AbsenceNote, ResponseContent } from "./response-content.js";

export interface EncodedResponse {
  readonly nonce: string;
  /** The number behind the nonce; grows with every nonce given out. */
  readonly serial: number;
  readonly bytes: Buffer;
}

interface Remembered extends EncodedResponse {
  readonly content: ResponseContent;
  /** Length of what stands before the nonce, which is the last field. */
  readonly bodyLength: number;
}

/** Streams of different views and subscriptions that share their first resource; the oldest gives way. */
const REMEMBERED_PER_RESOURCE = 4;

/** `nonce` is field 5, a string, in DiscoveryResponse and in DeltaDiscoveryResponse. */
const NONCE_TAG = (5 << 3) | 2;

/**
 * Encodes responses. A nonce needs to be unique on its stream only (xDS rule R6), so that one message, nonce and all, may go to every
 * stream that is owed the same content; a stream that was sent it before gets the same body under a nonce of its own.
 */
export class ResponseEncoder {
  readonly #identifier: string;
  /** By first resource: what is remembered lives as long as that resource does. */
  readonly #remembered = new WeakMap<Resource, Remembered[]>();
  #serial = 0;

  /** `identifier` is shown to clients as `control_plane.identifier`. */
  constructor(identifier: string) {
    this.#identifier = identifier;
  }

  /** `afterSerial` is the serial last sent of this type on the stream, 0 before the first: the result's is higher. */
  encode(content: ResponseContent, afterSerial: number): EncodedResponse {
    const known = this.#recall(content);
    if (known === undefined) return this.#remember(content);
    if (known.serial > afterSerial) return known;
    return this.#complete(known.bytes.subarray(0, known.bodyLength));
  }

  #recall(content: ResponseContent): Remembered | undefined {
    const [first] = content.resources;
    return first === undefined ? undefined : this.#remembered.get(first)?.find((one) => isSame(one.content, content));
  }

  #remember(content: ResponseContent): EncodedResponse {
    const body = this.#body(content);
    const encoded = this.#complete(body);
    const [first] = content.resources;
    if (first !== undefined && isRemembered(content)) {
      const others = this.#remembered.get(first) ?? [];
      this.#remembered.set(first, [{ ...encoded, content, bodyLength: body.length }, ...others.slice(0, REMEMBERED_PER_RESOURCE - 1)]);
    }
    return encoded;
  }

  /** Fields of a protobuf message may stand in any order, so that the nonce can follow a body encoded without it. */
  #complete(body: Buffer): EncodedResponse {
    this.#serial += 1;
    const nonce = this.#serial.toString(36);
    return { nonce, serial: this.#serial, bytes: Buffer.concat([body, Buffer.from([NONCE_TAG, nonce.length]), Buffer.from(nonce)]) };
  }

  #body(content: ResponseContent): Buffer {
    const { typeUrl, resources, removed, timed, heartbeats } = content;
    const shared = {
      type_url: typeUrl,
      control_plane: { identifier: this.#identifier },
      resource_errors: content.notes.map(resourceError),
    };
    const packed = (resource: Resource) => ({ type_url: typeUrl, value: resource.value });
    const ttl = ({ ttlMs }: Resource) => (timed && ttlMs !== undefined ? { ttl: durationOf(ttlMs) } : {});
    const beat = (resource: Resource) => ({ name: resource.name, version: resource.version, ...ttl(resource) });
    if (content.variant === "sotw") {
      return encode("envoy.service.discovery.v3.DiscoveryResponse", {
        ...shared,
        version_info: content.version,
        // Only what has a time to live is wrapped: what has none is understood by everybody.
        resources: resources.map((one) =>
          timed && one.ttlMs !== undefined ? wrapped({ ...beat(one), resource: packed(one) }) : packed(one),
        ),
      });
    }
    return encode("envoy.service.discovery.v3.DeltaDiscoveryResponse", {
      ...shared,
      system_version_info: content.position,
      resources: [
        ...resources.map((resource) => ({
          ...beat(resource),
          resource: packed(resource),
          ...(resource.metadata === undefined ? {} : { metadata: metadataFrom(resource.metadata) }),
        })),
        ...heartbeats.map(beat),
      ],
      removed_resources: removed,
    });
  }
}

function wrapped(resource: Messages["envoy.service.discovery.v3.Resource"]["input"]) {
  return packAny("envoy.service.discovery.v3.Resource", resource);
}

function durationOf(ms: number) {
  return { seconds: Math.floor(ms / 1_000), nanos: Math.round((ms % 1_000) * 1e6) };
}

function metadataFrom(metadata: NonNullable<Resource["metadata"]>) {
  return { filter_metadata: Object.fromEntries(Object.entries(metadata).map(([namespace, value]) => [namespace, structFrom(value)])) };
}

function resourceError({ name, code, reason }: AbsenceNote) {
  return { resource_name: { name }, error_detail: { code, message: reason } };
}

/** What takes names away, explains or is a heartbeat is rare or small, and mostly for one stream. */
function isRemembered({ removed, notes, heartbeats }: ResponseContent): boolean {
  return removed.length === 0 && notes.length === 0 && heartbeats.length === 0;
}

/** Whether two contents are the same bytes. */
function isSame(one: ResponseContent, other: ResponseContent): boolean {
  if (!isRemembered(other)) return false;
  const sameLabel = one.variant === "sotw" ? one.version === other.version : one.position === other.position;
  return (
    one.variant === other.variant &&
    one.typeUrl === other.typeUrl &&
    one.timed === other.timed &&
    sameLabel &&
    one.resources.length === other.resources.length &&
    one.resources.every((resource, index) => resource === other.resources[index])
  );
}
