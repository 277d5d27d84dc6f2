import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Process, type ProcessSpec, startProcess } from "./processes.js";
import { temporaryFolder } from "./teardown.js";

/** A gRPC client's xDS bootstrap, the JSON of GRPC_XDS_BOOTSTRAP (gRFC A27). */
export type GrpcBootstrap = Readonly<Record<string, unknown>>;

/** A bootstrap that both C-core and Node accept: Node needs node.locality, C-core before 1.5x speaks v2 without xds_v3. */
export function grpcBootstrap(xdsPort: number, nodeId: string): GrpcBootstrap {
  return {
    xds_servers: [{ server_uri: `127.0.0.1:${xdsPort}`, channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] }],
    node: { id: nodeId, cluster: "e2e", locality: { region: "r", zone: "z" } },
  };
}

/** Runs a script with Debian's own Python, the one that has C-core gRPC, told where its control plane is. */
export function startPython(
  script: string,
  args: readonly string[],
  bootstrap: GrpcBootstrap,
  options: Pick<ProcessSpec, "onLine"> = {},
): Process {
  const file = join(temporaryFolder("grpc"), "bootstrap.json");
  writeFileSync(file, JSON.stringify(bootstrap));
  return startProcess({
    ...options,
    name: `python ${script}`,
    command: "/usr/bin/python3",
    args: ["-u", script, ...args],
    env: { GRPC_XDS_BOOTSTRAP: file },
  });
}
