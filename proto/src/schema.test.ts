import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { root } from "./root.js";
import { differences, fieldLine, nameOf, objectsOf } from "./testing/differences.js";

interface NewerField {
  readonly field: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
}

const workspace = fileURLToPath(new URL("..", import.meta.url));
/** Checked against another copy of upstream by scripts/newer-than-upstream.py whenever it changes. */
const NEWER_THAN_UPSTREAM_COPY = JSON.parse(readFileSync(join(workspace, "newer-than-upstream.json"), "utf8")) as readonly NewerField[];

/** The full schema as @grpc/grpc-js-xds ships it: the files of the same names as ours, and what they import. */
function upstreamCopy(files: readonly string[]): protobuf.NamespaceBase {
  const require = createRequire(import.meta.url);
  const copies = join(require.resolve("@grpc/grpc-js-xds"), "..", "..", "..", "deps");
  const places = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"].map((name) => join(copies, name));
  // It does not ship google/protobuf/descriptor.proto, which its annotations import; protobufjs does.
  places.push(dirname(require.resolve("protobufjs")));
  const upstream = new protobuf.Root();
  upstream.resolvePath = (_origin, target) => places.map((place) => join(place, target)).find((path) => existsSync(path)) ?? target;
  return upstream.loadSync([...files], { keepCase: true }).resolveAll();
}

function schemaFiles(): string[] {
  return readdirSync(join(workspace, "schema"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".proto"))
    .map((file) => relative(".", file).split(sep).join("/"))
    .sort();
}

const isGoogleProtobuf = (name: string): boolean => name.startsWith("google.protobuf.") || name.startsWith("google/protobuf/");
/** Health and reflection are gRPC's own, and no part of the xDS API that the copy holds. */
const isGrpcs = (name: string): boolean => name.startsWith("grpc.") || name.startsWith("grpc/");
const upstream = upstreamCopy(schemaFiles().filter((file) => !isGoogleProtobuf(file) && !isGrpcs(file)));

/** Every field of google.protobuf, without the case of its name: protobufjs bundles some of them in camel case. */
function googleFields(schema: protobuf.NamespaceBase): string[] {
  const types = [...objectsOf(schema).values()]
    .filter((object) => isGoogleProtobuf(nameOf(object)))
    .filter((object) => object instanceof protobuf.Type);
  return types.flatMap((type) =>
    type.fieldsArray.map((field) => `${nameOf(field).replaceAll("_", "").toLowerCase()}: ${fieldLine(field)}`),
  );
}

const listed = new Set(NEWER_THAN_UPSTREAM_COPY.map((entry) => entry.field));
const fieldOf = (line: string): string => line.slice(0, line.indexOf(":"));

describe("our subset and upstream", () => {
  test("every message, field, enum value and method of ours is upstream's, but for the listed newer ones", () => {
    expect(differences(root, upstream).filter((line) => !isGoogleProtobuf(line) && !isGrpcs(line) && !listed.has(fieldOf(line)))).toEqual(
      [],
    );
  });

  test("every message and field of our google.protobuf is the one protobufjs knows", () => {
    expect(googleFields(root).length).toBeGreaterThan(10);
    expect(googleFields(upstream)).toEqual(expect.arrayContaining(googleFields(root)));
  });

  test("the comparison has seen the whole subset", () => {
    expect(objectsOf(root).size).toBeGreaterThan(100);
    expect([...objectsOf(upstream).keys()]).toEqual(expect.arrayContaining(["envoy.config.cluster.v3.Cluster.LbSubsetConfig"]));
  });

  test("every file of ours has its package's path, as upstream's has", () => {
    for (const file of schemaFiles()) {
      const package_ = /^package (.*);$/m.exec(readFileSync(join(workspace, "schema", file), "utf8"))?.[1];
      expect(file.slice(0, file.lastIndexOf("/")).replaceAll("/", ".")).toBe(package_);
    }
  });
});

describe("the list of what is newer than the copy", () => {
  test("each entry is a field of ours with that number and type", () => {
    for (const entry of NEWER_THAN_UPSTREAM_COPY) {
      const [message, name] = [entry.field.slice(0, entry.field.lastIndexOf(".")), entry.field.slice(entry.field.lastIndexOf(".") + 1)];
      const field = root.lookupType(message).fields[name];
      expect(field && fieldLine(field)).toBe(`${entry.repeated ? "repeated " : ""}${entry.type} = ${entry.number}`);
    }
  });

  test("each entry is still missing from the copy: a field the copy has by now is compared, not listed", () => {
    const missing = differences(root, upstream).filter((line) => line.endsWith("theirs is missing"));
    expect([...listed].sort()).toEqual(
      missing
        .filter((line) => !isGoogleProtobuf(line) && !isGrpcs(line))
        .map(fieldOf)
        .sort(),
    );
  });
});

describe("the comparison", () => {
  const schema = (source: string): protobuf.NamespaceBase =>
    protobuf.parse(`syntax = "proto3"; package p; ${source}`, { keepCase: true }).root.resolveAll();
  const UPSTREAM = `
    message M { string a = 1; repeated M b = 2; oneof o { string c = 3; string d = 4; } optional int32 e = 5; map<string, M> f = 6; }
    enum E { ZERO = 0; ONE = 1; }
    service S { rpc Go(stream M) returns (stream M); }`;

  test.each([
    ["a number", "message M { string a = 7; }"],
    ["a type", "message M { bytes a = 1; }"],
    ["a field's name", "message M { string aa = 1; }"],
    ["repeated", "message M { M b = 2; }"],
    ["a field outside its oneof", "message M { string c = 3; }"],
    ["a oneof's name", "message M { oneof other { string c = 3; } }"],
    ["optional", "message M { int32 e = 5; }"],
    ["a map's value", "message M { map<string, string> f = 6; }"],
    ["a message", "message N { string a = 1; }"],
    ["an empty message", "message N {}"],
    ["an enum's number", "enum E { ZERO = 0; ONE = 2; }"],
    ["a value less", "enum E { ZERO = 0; }"],
    ["a method's stream", "message M {} service S { rpc Go(M) returns (stream M); }"],
    ["a method's name", "message M {} service S { rpc Run(stream M) returns (stream M); }"],
  ])("finds %s that differs", (_what, ours) => {
    expect(differences(schema(ours), schema(UPSTREAM))).toHaveLength(1);
  });

  test("lets a part of a message pass", () => {
    expect(differences(schema("message M { oneof o { string d = 4; } map<string, M> f = 6; }"), schema(UPSTREAM))).toEqual([]);
  });

  test("names what it found", () => {
    expect(differences(schema("message M { string a = 7; }"), schema(UPSTREAM))).toEqual(["p.M.a: ours is string = 7, theirs string = 1"]);
  });
});
