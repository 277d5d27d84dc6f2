import { fromJSON, type MethodDefinition } from "@grpc/proto-loader";
import { decode, encode, type MessageName } from "./codec.js";
import type { Messages } from "./gen/messages.js";
import { schema } from "./gen/schema.js";
import { CONVERSION } from "./root.js";

/** A method with a stream in both directions, as grpc-js takes it in `Server#addService` and `Client#makeBidiStreamRequest`. */
export interface StreamMethod<Request extends MessageName, Response extends MessageName> {
  readonly path: string;
  readonly requestStream: true;
  readonly responseStream: true;
  readonly originalName: string;
  readonly requestSerialize: (message: Messages[Request]["input"]) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Messages[Request]["output"];
  readonly responseSerialize: (message: Messages[Response]["input"]) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Messages[Response]["output"];
}

const definitions = fromJSON(schema, { keepCase: true, ...CONVERSION });

function methodOf(service: string, method: string): MethodDefinition<object, object> {
  const definition = definitions[service];
  const found = definition === undefined || typeof definition["format"] === "string" ? undefined : definition[method];
  if (found === undefined || typeof found !== "object" || !("path" in found)) throw new Error(`the schema has no ${service}/${method}`);
  return found;
}

interface Shape<Request extends MessageName, Response extends MessageName> {
  readonly request: Request;
  readonly response: Response;
}

/** The method as the schema defines it, with our codec in place of proto-loader's: one encoder, so equal messages are equal bytes everywhere. */
function stream<Q extends MessageName, S extends MessageName>(
  service: string,
  method: string,
  { request, response }: Shape<Q, S>,
): StreamMethod<Q, S> {
  const { path, originalName, requestStream, responseStream } = methodOf(service, method);
  if (!requestStream || !responseStream) throw new Error(`${service}/${method} does not stream in both directions`);
  return {
    path,
    requestStream,
    responseStream,
    originalName: originalName ?? method,
    requestSerialize: (message) => encode(request, message),
    requestDeserialize: (bytes) => decode(request, bytes),
    responseSerialize: (message) => encode(response, message),
    responseDeserialize: (bytes) => decode(response, bytes),
  };
}

const SOTW = { request: "envoy.service.discovery.v3.DiscoveryRequest", response: "envoy.service.discovery.v3.DiscoveryResponse" } as const;
const DELTA = {
  request: "envoy.service.discovery.v3.DeltaDiscoveryRequest",
  response: "envoy.service.discovery.v3.DeltaDiscoveryResponse",
} as const;
const LOADS = {
  request: "envoy.service.load_stats.v3.LoadStatsRequest",
  response: "envoy.service.load_stats.v3.LoadStatsResponse",
} as const;

const ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const CDS = "envoy.service.cluster.v3.ClusterDiscoveryService";
const EDS = "envoy.service.endpoint.v3.EndpointDiscoveryService";
const LDS = "envoy.service.listener.v3.ListenerDiscoveryService";
const RDS = "envoy.service.route.v3.RouteDiscoveryService";
const LRS = "envoy.service.load_stats.v3.LoadReportingService";

/** The services of the schema as grpc-js service definitions (xDS rule R1). To send bytes encoded before, replace `responseSerialize`. */
export const services = {
  aggregated: {
    StreamAggregatedResources: stream(ADS, "StreamAggregatedResources", SOTW),
    DeltaAggregatedResources: stream(ADS, "DeltaAggregatedResources", DELTA),
  },
  clusters: { StreamClusters: stream(CDS, "StreamClusters", SOTW), DeltaClusters: stream(CDS, "DeltaClusters", DELTA) },
  endpoints: { StreamEndpoints: stream(EDS, "StreamEndpoints", SOTW), DeltaEndpoints: stream(EDS, "DeltaEndpoints", DELTA) },
  listeners: { StreamListeners: stream(LDS, "StreamListeners", SOTW), DeltaListeners: stream(LDS, "DeltaListeners", DELTA) },
  routes: { StreamRoutes: stream(RDS, "StreamRoutes", SOTW), DeltaRoutes: stream(RDS, "DeltaRoutes", DELTA) },
  loadReporting: { StreamLoadStats: stream(LRS, "StreamLoadStats", LOADS) },
} as const;
