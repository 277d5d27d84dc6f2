import { expect, test } from "vitest";
import { repositoryTop } from "../harness/paths.js";
import { freePort } from "../harness/ports.js";
import { startNode } from "../harness/processes.js";
import { grpcBootstrap } from "../harness/python.js";
import { until } from "../harness/until.js";
import { startGrpcBackend } from "./grpc-backend.js";

test("the example serves an unmodified gRPC client with the library alone, and a change reaches it", async () => {
  const [one, two] = [await startGrpcBackend("one"), await startGrpcBackend("two")];
  const port = await freePort();
  const server = startNode(`${repositoryTop}/e2e/dist/interop/xds-library-main.js`, [`${port}`, one.address], { name: "library example" });
  await until("it to serve", () => server.lines().includes(`serving on ${port}`));
  const client = startNode(`${repositoryTop}/e2e/dist/interop/grpc-js-xds-client-main.js`, ["echo"], {
    name: "grpc-js-xds client",
    env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(grpcBootstrap(port, "library-1")) },
  });
  await until("the first backend to answer", () => client.lines().includes("ok one"));
  server.writeLine(two.address);
  await until("the second backend to answer", () => client.lines().includes("ok two"));
  expect(client.lines().filter((line) => line.startsWith("failed"))).toEqual([]);
});
