/**
 * Makes src/gen from schema/: the schema as one embedded object, the TypeScript types of the messages, and the table of message names.
 *
 *   node scripts/generate.mjs            writes src/gen
 *   node scripts/generate.mjs --check    writes to a temporary directory, exits 1 naming each file that differs from src/gen
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";

const workspace = fileURLToPath(new URL("..", import.meta.url));
const schemaDirectory = join(workspace, "schema");
const committed = join(workspace, "src", "gen");
const HEADER = "// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.\n";

/** How messages look on our side of the codec; src/codec.ts decodes with the same options. */
const TYPE_OPTIONS = ["--keepCase", "--longs=Number", "--enums=String", "--defaults", "--arrays", "--objects", "--includeComments"];

/** google.protobuf.Any as it travels. The generated type would also offer "@type" objects, which the codec refuses. */
const ANY = `${HEADER}
/** A message with the name of its type, as it travels: never unpacked by itself. */
export interface Any {
  'type_url': string;
  'value': Uint8Array;
}

/** A message with the name of its type, as it travels: never unpacked by itself. */
export interface Any__Output {
  'type_url': string;
  'value': Buffer;
}
`;

function filesUnder(directory, suffix) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** Parses every .proto file itself instead of loading by import, so that our google/protobuf files win over protobufjs's bundled ones. */
function parseSchema() {
  const root = new protobuf.Root();
  const files = filesUnder(schemaDirectory, ".proto");
  const imports = new Map();
  for (const file of files) {
    // Remembered by every object parsed from here on.
    protobuf.parse.filename = file;
    const parsed = protobuf.parse(readFileSync(join(schemaDirectory, file), "utf8"), root, { keepCase: true, alternateCommentMode: true });
    imports.set(file, parsed.imports ?? []);
    for (const imported of parsed.imports ?? []) {
      if (!files.includes(imported)) throw new Error(`schema/${file} imports ${imported}, which is not in schema/`);
    }
  }
  return { root: root.resolveAll(), imports };
}

/** Everything of a kind inside a namespace, nested ones of other messages included, by full name. */
function within(namespace, kind) {
  const own = namespace.nestedArray.flatMap((child) => [
    ...(child instanceof kind ? [child] : []),
    ...(child instanceof protobuf.Namespace ? within(child, kind) : []),
  ]);
  return own.sort((a, b) => (a.fullName < b.fullName ? -1 : 1));
}

const isNested = (object) => object.parent instanceof protobuf.Type;
const fullName = (object) => object.fullName.slice(1);
/** Where its type is written, and what it is called there: a nested one stands in its parent's file under its full name. */
const fileOf = (object) => (isNested(object) ? fileOf(object.parent) : `./${fullName(object).replaceAll(".", "/")}.js`);
const fileNameOf = (object) => (isNested(object) ? fileNameOf(object.parent) : object.filename);
const nameInFile = (object) => (isNested(object) ? `_${fullName(object).replaceAll(".", "_")}` : object.name);
/** The name others import: Cluster, Cluster_LbPolicy. */
const shortName = (object) => (isNested(object) ? `${shortName(object.parent)}_${object.name}` : object.name);

function messagesModule(root) {
  const messages = within(root, protobuf.Type);
  const named = messages.filter((message) => !isNested(message));
  const alias = (message) => `_${fullName(message).replaceAll(".", "_")}`;
  const imports = named.map(
    (m) => `import type { ${m.name} as ${alias(m)}, ${m.name}__Output as ${alias(m)}__Output } from '${fileOf(m)}';`,
  );
  const rows = named.map((m) => `  '${fullName(m)}': { input: ${alias(m)}; output: ${alias(m)}__Output };`);
  return `${HEADER}
${imports.join("\n")}

/** Every top-level message of the schema by its full name: what \`encode\` takes and what \`decode\` gives. */
export interface Messages {
${rows.join("\n")}
}
`;
}

/** All message and enum types by their short names, nested ones as Parent_Name. */
function wireTypesModule(root) {
  const types = [...within(root, protobuf.Type), ...within(root, protobuf.Enum)];
  const names = types.map(shortName);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice.length > 0) throw new Error(`two types would be exported as ${twice.join(", ")}`);
  const lines = types.map((type) => {
    const [inFile, short] = [nameInFile(type), shortName(type)];
    const both = (suffix) => (inFile === short ? `${short}${suffix}` : `${inFile}${suffix} as ${short}${suffix}`);
    return `export type { ${both("")}, ${both("__Output")} } from '${fileOf(type)}';`;
  });
  return `${HEADER}\n${lines.sort().join("\n")}\n`;
}

function schemaModule(root) {
  return `${HEADER}
import type { INamespace } from 'protobufjs';

/** The schema of schema/*.proto as protobufjs and @grpc/proto-loader read it: no .proto file is needed at run time. */
export const schema = ${JSON.stringify(root.toJSON(), undefined, 1)} as unknown as INamespace;
`;
}

/** A map is a list of entries of a type whose name follows from the field's; protobufjs names it otherwise, which C++ and Python refuse. */
function withMapEntries(message) {
  const entries = new Map();
  const nestedType = message.nestedType.map((nested) => {
    if (nested.options?.mapEntry !== true) return withMapEntries(nested);
    const field = message.field.find((one) => one.typeName === nested.name);
    const name = `${field.name.replace(/(?:^|_)([a-z])/g, (_all, letter) => letter.toUpperCase())}Entry`;
    entries.set(nested.name, name);
    return { ...nested, name };
  });
  const field = message.field.map((one) => (entries.has(one.typeName) ? { ...one, typeName: entries.get(one.typeName) } : one));
  return { ...message, nestedType, field };
}

/** Each file as gRPC server reflection hands it out: the bytes of its google.protobuf.FileDescriptorProto, what it imports and defines. */
function descriptorsModule(root, imports) {
  const objects = [protobuf.Type, protobuf.Enum, protobuf.Service].flatMap((kind) => within(root, kind));
  const entries = [...imports].map(([file, dependency]) => {
    const own = objects.filter((object) => !isNested(object) && object.filename === file);
    const described = (kind) => own.filter((object) => object instanceof kind).map((object) => object.toDescriptor("proto3"));
    const message = descriptor.FileDescriptorProto.fromObject({
      name: file,
      package: dirname(file).replaceAll("/", "."),
      dependency,
      messageType: described(protobuf.Type).map(withMapEntries),
      enumType: described(protobuf.Enum),
      service: described(protobuf.Service),
      syntax: "proto3",
    });
    const bytes = Buffer.from(descriptor.FileDescriptorProto.encode(message).finish()).toString("base64");
    const symbols = objects.filter((object) => fileNameOf(object) === file).map(fullName);
    return [file, { imports: dependency, symbols: symbols.sort(), bytes }];
  });
  return `${HEADER}
/** By file of schema/: what it imports, the full names it defines, and its google.protobuf.FileDescriptorProto in base64. */
export const descriptors: Readonly<Record<string, { readonly imports: readonly string[]; readonly symbols: readonly string[]; readonly bytes: string }>> = ${JSON.stringify(Object.fromEntries(entries), undefined, 1)};
`;
}

/** proto-loader's own generator, run on the parsed schema. It also writes a file for a gRPC client, which we do not use. */
function generateTypes(root, outDirectory) {
  const entry = createRequire(import.meta.url).resolve("@grpc/proto-loader");
  const generator = join(dirname(entry), "..", "bin", "proto-loader-gen-types.js");
  const scratch = mkdtempSync(join(tmpdir(), "fairlead-schema-"));
  try {
    const json = join(scratch, "schema.json");
    writeFileSync(json, JSON.stringify(root.toJSON({ keepComments: true })));
    const extensions = ["--targetFileExtension=.ts", "--importFileExtension=.js"];
    execFileSync(process.execPath, [generator, ...TYPE_OPTIONS, ...extensions, `--outDir=${outDirectory}`, json], { stdio: "pipe" });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The generated input types are wider than what `encode` takes: strings and Long objects for numbers, base64 strings for bytes, the name of
 * the field that is set under the name of its oneof. They are narrower in one way: arrays become readonly. A stable header also replaces the
 * path of the scratch file.
 */
function narrowed(source) {
  return source
    .replace(/^\/\/ Original file: .*\n/, HEADER)
    .replace("import type { Long } from '@grpc/proto-loader';\n", "")
    .replaceAll("(number | string | Long)", "(number)")
    .replaceAll("(number | string)", "(number)")
    .replaceAll("(Buffer | Uint8Array | string)", "(Uint8Array)")
    .replaceAll(/^( {2}'\w+'\?: )(\(.*\)\[\];)$/gm, "$1readonly $2")
    .replaceAll(/^ {2}'\w+'\?: "\w+"(\|"\w+")*;\n/gm, "");
}

function tidyTypes(outDirectory, root) {
  for (const file of filesUnder(outDirectory, ".ts")) {
    const path = join(outDirectory, file);
    const object = root.lookup(file.replace(/\.ts$/, "").replaceAll("/", "."));
    if (!(object instanceof protobuf.Type || object instanceof protobuf.Enum)) rmSync(path);
    else writeFileSync(path, narrowed(readFileSync(path, "utf8")));
  }
  writeFileSync(join(outDirectory, "google/protobuf/Any.ts"), ANY);
}

function generate(outDirectory) {
  const { root, imports } = parseSchema();
  mkdirSync(outDirectory, { recursive: true });
  generateTypes(root, outDirectory);
  tidyTypes(outDirectory, root);
  writeFileSync(join(outDirectory, "schema.ts"), schemaModule(root));
  writeFileSync(join(outDirectory, "descriptors.ts"), descriptorsModule(root, imports));
  writeFileSync(join(outDirectory, "wire-types.ts"), wireTypesModule(root));
  writeFileSync(join(outDirectory, "messages.ts"), messagesModule(root));
}

function differences(fresh) {
  const old = existsSync(committed) ? filesUnder(committed, "") : [];
  return [...new Set([...filesUnder(fresh, ""), ...old])].sort().filter((file) => {
    const [a, b] = [join(fresh, file), join(committed, file)];
    return !existsSync(a) || !existsSync(b) || readFileSync(a, "utf8") !== readFileSync(b, "utf8");
  });
}

function check() {
  const fresh = mkdtempSync(join(tmpdir(), "fairlead-gen-"));
  try {
    generate(fresh);
    const stale = differences(fresh);
    for (const file of stale) console.error(`proto/src/gen/${file} is not what schema/ generates`);
    if (stale.length > 0) console.error("run npm run generate --workspace proto");
    process.exitCode = stale.length > 0 ? 1 : 0;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) {
  check();
} else {
  rmSync(committed, { recursive: true, force: true });
  generate(committed);
}
