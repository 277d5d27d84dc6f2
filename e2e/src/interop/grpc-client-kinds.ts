// The gRPC implementations that have an xDS client of their own, each as a program that calls one service every 20 ms and prints
// `ok BACKEND` or `failed REASON` for each call.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Prepared, preparedServers, repositoryTop } from "../harness/paths.js";
import { type Process, type ProcessSpec, startNode, startProcess } from "../harness/processes.js";
import { type GrpcBootstrap, grpcBootstrap, startPython } from "../harness/python.js";
import { temporaryFolder } from "../harness/teardown.js";

export interface GrpcClientKind {
  /** Of the two that are built here; without it, it is there on every machine that runs these tests. */
  readonly prepared?: () => Prepared;
  start(xdsPort: number, service: string): Process;
}

export const GRPC_CLIENT_KINDS: Readonly<Record<string, GrpcClientKind>> = {
  "@grpc/grpc-js-xds": {
    start: (xdsPort, service) =>
      startNode(`${repositoryTop}/e2e/dist/interop/grpc-js-xds-client-main.js`, [service], {
        name: "grpc-js-xds client",
        env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(grpcBootstrap(xdsPort, "grpc-node-1")) },
      }),
  },
  "C-core (python3-grpcio)": {
    start: (xdsPort, service) =>
      startPython(
        fileURLToPath(new URL("../../src/interop/grpc_client.py", import.meta.url)),
        [service],
        grpcBootstrap(xdsPort, "grpc-core-1"),
      ),
  },
  "grpc-go": {
    prepared: () => preparedServers().grpcGo,
    start: (xdsPort, service) => startGrpcGo([service], grpcBootstrap(xdsPort, "grpc-go-1")),
  },
  "grpc-java": {
    prepared: () => preparedServers().grpcJava,
    start: (xdsPort, service) => startGrpcJava([service], grpcBootstrap(xdsPort, "grpc-java-1")),
  },
};

/** Without a service it calls those that its standard input names: see e2e/peers/grpc-go. */
export function startGrpcGo(services: readonly string[], bootstrap: GrpcBootstrap, options: Partial<ProcessSpec> = {}): Process {
  const { path } = there(preparedServers().grpcGo);
  return startProcess({ ...options, name: "grpc-go client", command: path, args: services, env: bootstrapFile(bootstrap) });
}

/** As grpc-go: see e2e/peers/grpc-java. */
export function startGrpcJava(services: readonly string[], bootstrap: GrpcBootstrap, options: Partial<ProcessSpec> = {}): Process {
  const { path } = there(preparedServers().grpcJava);
  const small = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const args = [...small, "-cp", path, "GrpcJava", ...services];
  return startProcess({ ...options, name: "grpc-java client", command: "java", args, env: bootstrapFile(bootstrap) });
}

function there(prepared: Prepared): Extract<Prepared, { ok: true }> {
  if (!prepared.ok) throw new Error(`it is not here: ${prepared.reason}`);
  return prepared;
}

function bootstrapFile(bootstrap: GrpcBootstrap): { readonly GRPC_XDS_BOOTSTRAP: string } {
  const file = join(temporaryFolder("grpc"), "bootstrap.json");
  writeFileSync(file, JSON.stringify(bootstrap));
  return { GRPC_XDS_BOOTSTRAP: file };
}
