import protobuf from "protobufjs";
import "protobufjs/ext/descriptor/index.js";
import { expect, test } from "vitest";
import { decode, describedFiles } from "./index.js";

interface DescriptorExtension {
  readonly descriptor: { readonly FileDescriptorProto: protobuf.Type };
  readonly Root: { fromDescriptor(set: { readonly file: readonly unknown[] }): protobuf.Root };
}

test("the described files are a schema from which others build our messages", () => {
  const { descriptor, Root } = protobuf as unknown as DescriptorExtension;
  const file = [...describedFiles().values()].map(({ bytes }) => descriptor.FileDescriptorProto.decode(bytes));
  // Libraries stricter than this one know a map by the name of its entries' type.
  const struct = file.find((one) => one.toJSON()["name"] === "google/protobuf/struct.proto");
  expect(struct?.toJSON()).toMatchObject({
    messageType: expect.arrayContaining([
      expect.objectContaining({ name: "Struct", nestedType: [expect.objectContaining({ name: "FieldsEntry" })] }),
    ]),
  });
  const type = Root.fromDescriptor({ file }).resolveAll().lookupType("envoy.service.load_stats.v3.LoadStatsRequest");
  const bytes = type.encode(type.fromObject({ node: { id: "web-1" }, cluster_stats: [{ cluster_name: "shop" }] })).finish();
  expect(decode("envoy.service.load_stats.v3.LoadStatsRequest", bytes)).toMatchObject({
    node: { id: "web-1" },
    cluster_stats: [{ cluster_name: "shop" }],
  });
});

test("every import of a described file is described, and every symbol is in one file", () => {
  const files = describedFiles();
  expect([...files.values()].flatMap(({ imports }) => imports).filter((name) => !files.has(name))).toEqual([]);
  const symbols = [...files.values()].flatMap((one) => one.symbols);
  expect(new Set(symbols).size).toBe(symbols.length);
  expect(files.get("envoy/service/load_stats/v3/lrs.proto")?.symbols).toEqual([
    "envoy.service.load_stats.v3.LoadReportingService",
    "envoy.service.load_stats.v3.LoadStatsRequest",
    "envoy.service.load_stats.v3.LoadStatsResponse",
  ]);
});
