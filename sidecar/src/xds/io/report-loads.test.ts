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
/** One that no busy machine outwaits. */
const patient: Clock = { ...systemClock, schedule: (delayMs, task) => systemClock.schedule(delayMs * 100, task) };

/** A control plane that takes reports, this often, and one upstream whose requests are counted. */
async function reportingTo(intervalS: number, clock: Clock) {
  const server = new Server();
  const streams: Stream[] = [];
  const requests: LoadStatsRequest__Output[] = [];
  let news = () => {};
  server.addService(services.loadReporting, {
    StreamLoadStats(stream: Stream) {
      streams.push(stream);
      stream.on("error", () => undefined);
      stream.on("end", () => stream.end());
      stream.on("data", (request: LoadStatsRequest__Output) => {
        requests.push(request);
        const load_reporting_interval = { seconds: intervalS, nanos: 0 };
        if (request.node !== null) stream.write({ send_all_clusters: true, load_reporting_interval, report_endpoint_granularity: true });
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
  let asked = false;
  const heard = loads.heard.bind(loads);
  loads.heard = (response) => {
    asked = true;
    setImmediate(() => news());
    return heard(response);
  };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const log = new RecordedLog();
  const reporting = reportLoads(client, { loads, clock, rng: seeded(1), log });
  open.push(() => client.close());
  open.push(() => void reporting.close());
  const succeeded = () =>
    requests
      .flatMap(({ cluster_stats }) => cluster_stats.flatMap((stats) => stats.upstream_locality_stats))
      .reduce((sum, stats) => sum + stats.total_successful_requests, 0);
  return { streams, requests, until, state, log, reporting, succeeded, isAsked: () => asked };
}

test("reports over as many streams as it takes, and each request once", async () => {
  const { streams, requests, until, state, log, succeeded } = await reportingTo(2, hurried);
  state.successes = 5;
  await until(() => succeeded() === 5);
  streams[0]?.end();
  // A report that is on its way when its stream ends is lost: what comes now is counted between two streams.
  await expect.poll(() => log.count("load-reports-interrupted")).toBe(1);
  state.successes = 7;
  await until(() => streams.length === 2);
  // Only now: what is written to a stream that the other side is just ending may be nobody's.
  state.successes = 7;
  await until(() => succeeded() >= 7);
  const seen = requests.length;
  await until(() => requests.length > seen + 2);
  expect(succeeded()).toBe(7);
  expect(requests.filter(({ node }) => node !== null).map(({ node }) => node?.user_agent_name)).toEqual(["fairlead", "fairlead"]);
  expect(log.count("load-reports-interrupted")).toBe(1);
});

test("reports at its end what nobody has been told yet, without waiting for its turn", async () => {
  const { streams, until, state, reporting, succeeded, isAsked } = await reportingTo(3_600, patient);
  await until(isAsked);
  state.successes = 3;
  const finished = reporting.finish();
  await until(() => succeeded() === 3);
  await finished;
  expect(streams).toHaveLength(1);
});

test("a control plane that has asked for nothing yet, or takes nothing any more, is not waited for", async () => {
  const silent = await reportingTo(3_600, patient);
  await silent.reporting.finish();
  const deaf = await reportingTo(3_600, hurried);
  await deaf.until(deaf.isAsked);
  deaf.streams[0]?.removeAllListeners("end");
  deaf.streams[0]?.pause();
  deaf.state.successes = 3;
  await deaf.reporting.finish();
  expect(silent.succeeded()).toBe(0);
});
