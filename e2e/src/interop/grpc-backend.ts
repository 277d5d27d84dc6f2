// A gRPC backend whose one method answers with the backend's name. No schema: bytes in, bytes out.

import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { stopLater } from "../harness/teardown.js";

const asIs = (bytes: Buffer): Buffer => bytes;

/** `/demo.Echo/Say`, unary. */
export const ECHO: ServiceDefinition = {
  say: {
    path: "/demo.Echo/Say",
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
};

export interface GrpcBackend {
  readonly name: string;
  readonly address: string;
  stop(): void;
}

export async function startGrpcBackend(name: string): Promise<GrpcBackend> {
  const server = new Server();
  server.addService(ECHO, {
    say: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, Buffer.from(name)),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const stop = () => server.forceShutdown();
  stopLater({ name: `gRPC backend ${name}`, stop });
  return { name, address: `127.0.0.1:${port}`, stop };
}
