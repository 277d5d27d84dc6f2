import { decode, describedFiles, encode, type ServerReflectionRequest } from "@fairlead/proto";
import { expect, test } from "vitest";
import { Reflection } from "./reflection.js";

const REQUEST = "grpc.reflection.v1.ServerReflectionRequest";
const LRS = "envoy.service.load_stats.v3.LoadReportingService";
const reflection = new Reflection([LRS, "envoy.service.discovery.v3.AggregatedDiscoveryService"]);

function ask(message: ServerReflectionRequest) {
  const answer = reflection.answer(decode(REQUEST, encode(REQUEST, message)));
  return decode("grpc.reflection.v1.ServerReflectionResponse", encode("grpc.reflection.v1.ServerReflectionResponse", answer));
}

test("lists the services that are served, and repeats what was asked", () => {
  const answer = ask({ host: "h", list_services: "*" });
  expect(answer.list_services_response?.service.map(({ name }) => name)).toEqual([
    "envoy.service.discovery.v3.AggregatedDiscoveryService",
    LRS,
  ]);
  expect(answer).toMatchObject({ valid_host: "h", original_request: { list_services: "*" } });
});

test.each([
  ["a service", LRS],
  ["a method", `${LRS}.StreamLoadStats`],
  ["a message", "envoy.service.load_stats.v3.LoadStatsRequest"],
])("a tool that asks for %s is given its file first, and everything that imports, once", (_what, symbol) => {
  const sent = ask({ file_containing_symbol: symbol }).file_descriptor_response?.file_descriptor_proto ?? [];
  const names = [...describedFiles().values()].flatMap(({ name, bytes }) => (sent.some((one) => one.equals(bytes)) ? [name] : []));
  expect(sent[0]).toEqual(describedFiles().get("envoy/service/load_stats/v3/lrs.proto")?.bytes);
  expect(names).toEqual([
    "envoy/config/core/v3/address.proto",
    "envoy/config/core/v3/base.proto",
    "envoy/config/endpoint/v3/load_report.proto",
    "envoy/service/load_stats/v3/lrs.proto",
    "envoy/type/v3/percent.proto",
    "envoy/type/v3/semantic_version.proto",
    "google/protobuf/any.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/struct.proto",
  ]);
  expect(sent).toHaveLength(names.length);
});

test("says what it does not have", () => {
  expect(ask({ file_containing_symbol: "no.Such" }).error_response).toMatchObject({ error_code: 5 });
  expect(ask({ file_by_filename: "no/such.proto" }).error_response).toMatchObject({ error_code: 5 });
  expect(ask({ all_extension_numbers_of_type: "x" }).error_response).toMatchObject({ error_code: 12 });
});
