import { type LoadStatsRequest, type LoadStatsResponse__Output, services } from "@fairlead/proto";
import { Client, credentials } from "@grpc/grpc-js";
import { stopLater } from "./teardown.js";

const METHOD = services.loadReporting.StreamLoadStats;

/**
 * A client that calls nobody and reports once a second that every request to these endpoints failed.
 * @param xdsAddress of the control plane
 */
export function startLyingCaller(
  xdsAddress: string,
  { id, service, endpoints }: { id: string; service: string; endpoints: readonly string[] },
): void {
  const client = new Client(xdsAddress, credentials.createInsecure());
  const stream = client.makeBidiStreamRequest<LoadStatsRequest, LoadStatsResponse__Output>(
    METHOD.path,
    METHOD.requestSerialize,
    METHOD.responseDeserialize,
  );
  stream.on("error", () => undefined);
  stream.on("data", () => undefined);
  const node = { id, user_agent_name: "fairlead", client_features: ["envoy.lrs.supports_send_all_clusters"] };
  stream.write({ node });
  const upstream_endpoint_stats = endpoints.map((endpoint) => ({
    address: { socket_address: { address: endpoint.slice(0, endpoint.lastIndexOf(":")), port_value: Number(endpoint.split(":").at(-1)) } },
    total_error_requests: 100,
    total_issued_requests: 100,
  }));
  const report = { cluster_name: service, upstream_locality_stats: [{ locality: { zone: "default" }, upstream_endpoint_stats }] };
  const timer = setInterval(() => stream.write({ cluster_stats: [report] }), 1_000);
  stopLater({
    name: `lying caller ${id}`,
    stop: async () => {
      clearInterval(timer);
      stream.cancel();
      client.close();
      await Promise.resolve();
    },
  });
}
