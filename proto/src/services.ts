import { fromJSON, type MethodDefinition } from "@grpc/proto-loader";
import { decode, encode, type MessageName } from "./codec.js";
import type { Messages } from "./gen/messages.js";
import { schema } from "./gen/schema.js";
import { CONVERSION } from "./root.js";

/** A method as grpc-js takes it in `Server#addService` and `Client#make…Request`. */
export interface ServiceMethod<Request extends MessageName, Response extends MessageName> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly originalName: string;
  readonly requestSerialize: (message: Messages[Request]["input"]) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Messages[Request]["output"];
  readonly responseSerialize: (message: Messages[Response]["input"]) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Messages[Response]["output"];
}

/** A method with a stream in both directions. */
export interface StreamMethod<Request extends MessageName, Response extends MessageName> extends ServiceMethod<Request, Response> {
  readonly requestStream: true;
  readonly responseStream: true;
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

function stream<Q extends MessageName, S extends MessageName>(service: string, name: string, shape: Shape<Q, S>): StreamMethod<Q, S> {
  const { requestStream, responseStream, ...rest } = method(service, name, shape);
  if (!requestStream || !responseStream) throw new Error(`${service}/${name} does not stream in both directions`);
  return { ...rest, requestStream, responseStream };
}

/** The method as the schema defines it, with our codec in place of proto-loader's: one encoder, so equal messages are equal bytes everywhere. */
function method<Q extends MessageName, S extends MessageName>(
  service: string,
  name: string,
  { request, response }: Shape<Q, S>,
): ServiceMethod<Q, S> {
  const { path, originalName, requestStream, responseStream } = methodOf(service, name);
  return {
    path,
    requestStream,
    responseStream,
    originalName: originalName ?? name,
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
const STATUS = {
  request: "envoy.service.status.v3.ClientStatusRequest",
  response: "envoy.service.status.v3.ClientStatusResponse",
} as const;
const HEALTH = { request: "grpc.health.v1.HealthCheckRequest", response: "grpc.health.v1.HealthCheckResponse" } as const;
const REFLECTION = {
  request: "grpc.reflection.v1.ServerReflectionRequest",
  response: "grpc.reflection.v1.ServerReflectionResponse",
} as const;

const ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const CDS = "envoy.service.cluster.v3.ClusterDiscoveryService";
const EDS = "envoy.service.endpoint.v3.EndpointDiscoveryService";
const LDS = "envoy.service.listener.v3.ListenerDiscoveryService";
const RDS = "envoy.service.route.v3.RouteDiscoveryService";
const LRS = "envoy.service.load_stats.v3.LoadReportingService";
const CSDS = "envoy.service.status.v3.ClientStatusDiscoveryService";
const GRPC_HEALTH = "grpc.health.v1.Health";
const GRPC_REFLECTION = "grpc.reflection.v1.ServerReflection";

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
  clientStatus: {
    StreamClientStatus: stream(CSDS, "StreamClientStatus", STATUS),
    FetchClientStatus: method(CSDS, "FetchClientStatus", STATUS),
  },
  health: { Check: method(GRPC_HEALTH, "Check", HEALTH), Watch: method(GRPC_HEALTH, "Watch", HEALTH) },
  reflection: { ServerReflectionInfo: stream(GRPC_REFLECTION, "ServerReflectionInfo", REFLECTION) },
} as const;
