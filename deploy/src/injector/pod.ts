import { fail, ok, type Result } from "@fairlead/shared";

/** What the injector has to know of a Pod. A list or map that is not written, or null, is undefined. */
export interface Pod {
  readonly annotations: Texts | undefined;
  readonly labels: Texts | undefined;
  readonly hostNetwork: boolean;
  /** Names, in order. */
  readonly initContainers: readonly string[] | undefined;
  readonly containers: readonly string[] | undefined;
  readonly volumes: readonly string[] | undefined;
}

type Texts = Readonly<Record<string, string>>;

/** Reads a core/v1 Pod as the API server sends it, before its own validation. The error says which field is not as it should be. */
export function readPod(value: unknown): Result<Pod> {
  if (!isMap(value)) return fail("the object is not a map");
  const { metadata, spec } = value;
  if (!isMap(metadata)) return fail("metadata is not a map");
  if (!isMap(spec)) return fail("spec is not a map");
  for (const key of ["annotations", "labels"] as const) {
    if (!isNothing(metadata[key]) && !isTexts(metadata[key])) return fail(`metadata.${key} is not a map of texts`);
  }
  for (const key of ["initContainers", "containers", "volumes"] as const) {
    if (!isNothing(spec[key]) && !isNamedList(spec[key])) return fail(`spec.${key} is not a list of named entries`);
  }
  return ok({
    annotations: isTexts(metadata["annotations"]) ? metadata["annotations"] : undefined,
    labels: isTexts(metadata["labels"]) ? metadata["labels"] : undefined,
    hostNetwork: spec["hostNetwork"] === true,
    initContainers: namesOf(spec["initContainers"]),
    containers: namesOf(spec["containers"]),
    volumes: namesOf(spec["volumes"]),
  });
}

/** A JSON object, neither null nor a list. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isTexts(value: unknown): value is Texts {
  return isMap(value) && Object.values(value).every((text) => typeof text === "string");
}

function isNamedList(value: unknown): value is readonly { readonly name: string }[] {
  return Array.isArray(value) && value.every((entry) => isMap(entry) && typeof entry["name"] === "string");
}

function namesOf(value: unknown): readonly string[] | undefined {
  return isNamedList(value) ? value.map(({ name }) => name) : undefined;
}
