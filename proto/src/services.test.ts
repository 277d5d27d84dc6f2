import { expect, test } from "vitest";
import { DecodeError, encode, services } from "./index.js";

const methods = Object.values(services).flatMap((service) => Object.entries(service));

test("every method has the path that xDS clients call (xDS rule R1), and streams both ways but for those of one request", () => {
  expect(methods.map(([, method]) => method.path)).toEqual([
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
    "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters",
    "/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters",
    "/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints",
    "/envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints",
    "/envoy.service.listener.v3.ListenerDiscoveryService/StreamListeners",
    "/envoy.service.listener.v3.ListenerDiscoveryService/DeltaListeners",
    "/envoy.service.route.v3.RouteDiscoveryService/StreamRoutes",
    "/envoy.service.route.v3.RouteDiscoveryService/DeltaRoutes",
    "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats",
    "/envoy.service.status.v3.ClientStatusDiscoveryService/StreamClientStatus",
    "/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  ]);
  const oneWay = methods.filter(([, method]) => !method.requestStream || !method.responseStream).map(([name]) => name);
  expect(oneWay).toEqual(["FetchClientStatus", "Check", "Watch"]);
});

test("a method is listed under the last part of its path", () => {
  for (const [name, method] of methods) expect(method.path.endsWith(`/${name}`)).toBe(true);
});

test("a request and a response survive their method's own codec", () => {
  const { StreamAggregatedResources: sotw, DeltaAggregatedResources: delta } = services.aggregated;
  expect(sotw.requestDeserialize(sotw.requestSerialize({ type_url: "t" })).type_url).toBe("t");
  expect(sotw.responseDeserialize(sotw.responseSerialize({ nonce: "1" })).nonce).toBe("1");
  expect(delta.requestDeserialize(delta.requestSerialize({ resource_names_subscribe: ["a"] })).resource_names_subscribe).toEqual(["a"]);
  expect(delta.responseDeserialize(delta.responseSerialize({ removed_resources: ["a"] })).removed_resources).toEqual(["a"]);
});

test("a method encodes as encode does, and refuses bytes as decode does", () => {
  const { StreamLoadStats: loads } = services.loadReporting;
  expect(loads.responseSerialize({ clusters: ["a"] })).toEqual(
    encode("envoy.service.load_stats.v3.LoadStatsResponse", { clusters: ["a"] }),
  );
  expect(() => loads.requestDeserialize(Buffer.from("ff", "hex"))).toThrow(DecodeError);
});
