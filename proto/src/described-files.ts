import { descriptors } from "./gen/descriptors.js";

/** One file of the schema, as gRPC server reflection hands it out. */
export interface DescribedFile {
  readonly name: string;
  readonly imports: readonly string[];
  /** Full names of the messages, enums and services in it. */
  readonly symbols: readonly string[];
  /** Its google.protobuf.FileDescriptorProto. */
  readonly bytes: Buffer;
}

/** Every file of the schema by its name. Made anew by each call: it is a few dozen KiB, and only tools ask for it. */
export function describedFiles(): ReadonlyMap<string, DescribedFile> {
  return new Map(
    Object.entries(descriptors).map(([name, { imports, symbols, bytes }]) => [
      name,
      { name, imports, symbols, bytes: Buffer.from(bytes, "base64") },
    ]),
  );
}
