import { type LoadStatsRequest__Output, type LoadStatsResponse, services } from "@fairlead/proto";
import { type Clock, endpointId, seeded } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import { Client, credentials, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { EndpointState } from "../../endpoint/index.js";
import { LoadReports } from "../load-reports.js";
import { reportLoads } from "./report-loads.js";

type Stream = ServerDuplexStream<LoadStatsRequest__Output, LoadStatsResponse>;

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0).reverse()) close();
});

/** The machine's time, with waits made shorter: what is tested is what happens, not for how long. */
const hurried: Clock = { ...systemClock, schedule: (delayMs, task) => systemClock.schedule(delayMs / 100, task) };

test("reports over as many streams as it takes, and each request once", async () => {
  const server = new Server();
  const streams: Stream[] = [];
  const requests: LoadStatsRequest__Output[] = [];
  let news = () => {};
  server.addService(services.loadReporting, {
    StreamLoadStats(stream: Stream) {
      streams.push(stream);
      stream.on("error", () => undefined);
      stream.on("data", (request: LoadStatsRequest__Output) => {
        requests.push(request);
        if (request.node !== null)
          stream.write({ send_all_clusters: true, load_reporting_interval: { seconds: 2, nanos: 0 }, report_endpoint_granularity: true });
        news();
      });
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  open.push(() => server.forceShutdown());
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      news = () => {
        if (holds()) resolve();
      };
      news();
    });

  const address = { ip: "10.0.0.1", port: 80 };
  const placed = {
    ...address,
    id: endpointId(address),
    weight: 100,
    zone: "a",
    subZone: "",
    localityWeight: 0,
    priority: 0,
    health: "healthy",
    instance: undefined,
    ramp: undefined,
  } as const;
  const state = new EndpointState(placed);
  const upstreams = [{ service: "shop", endpoints: [state], dropped: 0 }];
  const loads = new LoadReports({
    node: { id: "web-1", cluster: "", zone: "a" },
    version: "1",
    loads: () => upstreams,
    clock: systemClock,
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const log = new RecordedLog();
  const reporting = reportLoads(client, { loads, clock: hurried, rng: seeded(1), log });
  open.push(() => client.close());
  open.push(() => void reporting.close());

  const succeeded = () =>
    requests
      .flatMap(({ cluster_stats }) => cluster_stats.flatMap((stats) => stats.upstream_locality_stats))
      .reduce((sum, stats) => sum + stats.total_successful_requests, 0);
  state.successes = 5;
  await until(() => succeeded() === 5);
  state.successes = 7;
  streams[0]?.end();
  await until(() => streams.length === 2);
  await until(() => succeeded() >= 7);
  const seen = requests.length;
  await until(() => requests.length > seen + 2);
  expect(succeeded()).toBe(7);
  expect(requests.filter(({ node }) => node !== null).map(({ node }) => node?.user_agent_name)).toEqual(["fairlead", "fairlead"]);
  expect(log.count("load-reports-interrupted")).toBe(1);
});
