const KIB = 1024;
const MIB = 1024 * KIB;

/** Everything of this library that grows, and where it stops. */
export interface XdsLimits {
  /** Names subscribed per type and stream. */
  readonly names: number;
  /** Bytes of one name. */
  readonly nameBytes: number;
  /** Types asked for on one stream. */
  readonly types: number;
  /** Bytes of one request. */
  readonly requestBytes: number;
  /** Bytes of resources put into one response, where the protocol lets us split. */
  readonly responseBytes: number;
  /** Bytes kept of the reason of a NACK. */
  readonly reasonBytes: number;
  /** Resources that the details of one NACK may name. */
  readonly refusedNames: number;
  /** Connections open at once. */
  readonly connections: number;
  /** Streams open at once on one connection; a client that needs more opens another one. */
  readonly streamsPerConnection: number;
  /** Streams of one connection that may be reset at once before it is ended; a tenth of it comes back every second. */
  readonly resetsPerConnection: number;
  /** How long a connection may be without a stream. */
  readonly idleConnectionMs: number;
  /** Streams open at once. */
  readonly streams: number;
  /** Streams open at once for one node id of one certificate, or of one peer address where there are none. */
  readonly streamsPerIdentity: number;
  /** From the opening of a stream to its first request. */
  readonly firstRequestMs: number;
  /** How old a stream becomes, on average: it is ended after a response and opened again, on another replica perhaps. */
  readonly streamAgeMs: number;
  /** Requests of one stream that are read within a second; the others wait in the client's window. */
  readonly requestsPerSecond: number;
  /** A stream with more bytes than this waiting to be written gets nothing new. */
  readonly pauseBytes: number;
  /** A stream with more bytes than this waiting to be written is closed. */
  readonly bufferBytes: number;
  /** With more bytes than this waiting to be written on all streams together, a stream that has something to say waits for its turn. */
  readonly waitingBytes: number;
  /** Streams of load reports open at once. */
  readonly loadStreams: number;
  /** How often a client is asked to report its load. */
  readonly loadIntervalMs: number;
  /** Streams of tools open at once: client status, health, reflection. */
  readonly toolStreams: number;
}

export const DEFAULT_LIMITS: XdsLimits = {
  // A sidecar asks for what it calls; the largest single cluster lists we know of are about this long.
  names: 10_000,
  // A service name has at most 253 characters; xdstp names carry an authority and a type besides.
  nameBytes: 512,
  // Four are served; Envoy and Istio's agents ask for a few private ones, which must not end the stream (xDS rule R2).
  types: 16,
  // gRPC's own default for received messages; 10,000 names of usual length take a tenth of it.
  requestBytes: 4 * MIB,
  // gRPC clients refuse messages above 4 MiB; a quarter is left for what surrounds the resources (xDS rule R27).
  responseBytes: 3 * MIB,
  reasonBytes: 4 * KIB,
  refusedNames: 1_000,
  // One per sidecar, and as many again while a restart moves them.
  connections: 20_000,
  // A client has a handful: four types, load reports, a tool or two. A proxy before us that joins many clients opens more connections.
  streamsPerConnection: 100,
  // Opening streams and resetting them at once costs the one who does it nothing (CVE-2023-44487); no client of ours resets one a second.
  resetsPerConnection: 200,
  // A client without a stream opens another connection when it needs one. A grpc-js client (1.14) closed while this server was
  // down connects once more after it is back, and keeps that connection for ever: a restart would leave one or two per sidecar.
  idleConnectionMs: 60_000,
  streams: 20_000,
  // gRPC opens one per channel target; an Envoy without ADS one for each assignment and each route configuration, half a thousand services
  // then. One client can take a twentieth of all.
  streamsPerIdentity: 1_024,
  firstRequestMs: 10_000,
  // Often enough that replicas even out within the hour after a restart; 10,000 streams are then reopened at 6 a second.
  streamAgeMs: 1_800_000,
  // A gRPC client names one more resource with every request: 1,000 new channels at once take a second.
  requestsPerSecond: 1_000,
  // One message of an ordinary view; what a slow client costs us.
  pauseBytes: MIB,
  // One unanswered response of each of four types at the largest size a client accepts.
  bufferBytes: 16 * MIB,
  // What 10,000 sidecars are owed that come with nothing in hand, 25 KiB each; a quarter of the smallest machine that serves so many.
  waitingBytes: 256 * MIB,
  // One beside each stream of a client.
  loadStreams: 20_000,
  // What clients report costs a decoding each: 10,000 of them are 1,000 messages a second.
  loadIntervalMs: 5_000,
  // People with a tool, and whoever watches our health; not the fleet.
  toolStreams: 1_000,
};

/** What a text keeps within `maxBytes` of UTF-8, cut between characters. */
export function truncated(text: string, maxBytes: number): string {
  // A UTF-16 unit takes at most three bytes: a short text needs no counting.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
