// gRPC server reflection: what this server serves, in which messages, from the schema it was built with.

import { type DescribedFile, describedFiles, type ServerReflectionRequest__Output, type ServerReflectionResponse } from "@fairlead/proto";

/** gRPC's code NOT_FOUND. */
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

/** Answers to `grpc.reflection.v1` and, being the same messages, to `v1alpha`. */
export class Reflection {
  readonly #services: readonly string[];
  #files: ReadonlyMap<string, DescribedFile> | undefined;
  #bySymbol: ReadonlyMap<string, DescribedFile> | undefined;

  /** @param services full names of those that are served */
  constructor(services: readonly string[]) {
    this.#services = [...services].sort();
  }

  answer(request: ServerReflectionRequest__Output): ServerReflectionResponse {
    const said = { valid_host: request.host, original_request: request };
    if (request.list_services !== undefined) {
      return { ...said, list_services_response: { service: this.#services.map((name) => ({ name })) } };
    }
    if (request.file_by_filename !== undefined)
      return { ...said, ...this.#found(this.#all.get(request.file_by_filename), request.file_by_filename) };
    if (request.file_containing_symbol !== undefined) {
      return { ...said, ...this.#found(this.#ofSymbol(request.file_containing_symbol), request.file_containing_symbol) };
    }
    return { ...said, ...failure(UNIMPLEMENTED, "the schema has no extensions: ask for a file, a symbol or the services") };
  }

  get #all(): ReadonlyMap<string, DescribedFile> {
    this.#files ??= describedFiles();
    return this.#files;
  }

  /** A method or a field is in the file of its service or message. */
  #ofSymbol(symbol: string): DescribedFile | undefined {
    this.#bySymbol ??= new Map([...this.#all.values()].flatMap((file) => file.symbols.map((name) => [name, file] as const)));
    return this.#bySymbol.get(symbol) ?? this.#bySymbol.get(symbol.slice(0, Math.max(0, symbol.lastIndexOf("."))));
  }

  /** The file and everything it imports, each once. */
  #found(file: DescribedFile | undefined, what: string): Pick<ServerReflectionResponse, "file_descriptor_response" | "error_response"> {
    if (file === undefined) return failure(NOT_FOUND, `the schema of this server has no ${what.slice(0, 200)}`);
    const needed = new Set<DescribedFile>();
    const need = (one: DescribedFile | undefined) => {
      if (one === undefined || needed.has(one)) return;
      needed.add(one);
      for (const imported of one.imports) need(this.#all.get(imported));
    };
    need(file);
    return { file_descriptor_response: { file_descriptor_proto: [...needed].map(({ bytes }) => bytes) } };
  }
}

function failure(error_code: number, error_message: string): Pick<ServerReflectionResponse, "error_response"> {
  return { error_response: { error_code, error_message } };
}
