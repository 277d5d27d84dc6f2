// Where a value came from, so that every message can send a person to the right line.

/** Keys and list positions from the root of a document. */
export type ConfigPath = readonly (string | number)[];

export type Place =
  /** Line and column count from 1. */
  | { readonly kind: "file"; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "default" };

export const DEFAULT_PLACE: Place = { kind: "default" };

/** `control-plane.yaml:12:5`, `environment FAIRLEAD_XDS__LISTEN` or `default`. */
export function formatPlace(place: Place): string {
  switch (place.kind) {
    case "file":
      return `${place.file}:${place.line}:${place.column}`;
    case "environment":
      return `environment ${place.variable}`;
    case "default":
      return "default";
  }
}

const PLAIN_KEY = /^[A-Za-z0-9_*-]+$/;
/** Longer keys are cut in messages; no key we know is a third as long. */
const SHOWN_KEY_LENGTH = 80;

/** `services.shop.check.interval`, `sources[0].paths[1]`, `services["shop.v2"].timeout`. */
export function formatPath(path: ConfigPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!PLAIN_KEY.test(step)) text += `[${JSON.stringify(step.slice(0, SHOWN_KEY_LENGTH))}]`;
    else text += `${text === "" ? "" : "."}${step.slice(0, SHOWN_KEY_LENGTH)}`;
  }
  return text;
}
