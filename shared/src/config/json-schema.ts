// The part of JSON Schema (draft 7) our schemas use. `expects` is ours: how a message names what belongs here.

import type { TSchema } from "typebox";

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOf?: readonly JsonSchema[];
  /** In our schemas always `shortOrMap`'s pair. */
  readonly allOf?: readonly { readonly else?: JsonSchema }[];
  readonly discriminator?: { readonly propertyName: string };
  readonly expects?: string;
  /** A secret: what was written is not repeated in messages. */
  readonly writeOnly?: boolean;
}

/** Every typebox schema is a JSON schema; its type says nothing of that. */
export function asJsonSchema(schema: TSchema): JsonSchema {
  return schema as JsonSchema;
}

/** What belongs here, in words that follow "expected". */
export function expectation(schema: JsonSchema): string {
  if (schema.expects !== undefined) return schema.expects;
  if (schema.enum !== undefined) return `${schema.enum.length > 1 ? "one of " : ""}${schema.enum.map(String).join(", ")}`;
  if (schema.const !== undefined) return String(schema.const);
  if (schema.discriminator !== undefined) return `a map with a ${schema.discriminator.propertyName}`;
  if (schema.allOf !== undefined) return schema.allOf.map((part) => expectation(part.else ?? {})).join(" or ");
  switch (schema.type) {
    case "object":
      return "a map";
    case "array":
      return "a list";
    case "string":
      return "a string";
    case "boolean":
      return "true or false";
    case "integer":
    case "number":
      return `a ${schema.type === "integer" ? "whole " : ""}number${rangeOf(schema)}`;
    default:
      return "something else";
  }
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum !== undefined ? ` of at most ${maximum}` : "";
}

/** Of a value that may be short or a map, the short form. */
export function shortForm(schema: JsonSchema): JsonSchema | undefined {
  return schema.allOf?.[0]?.else;
}

/** The tags a discriminated union knows. */
export function tagsOf(schema: JsonSchema): readonly string[] {
  const tag = schema.discriminator?.propertyName ?? "";
  return (schema.oneOf ?? []).map((branch) => String(branch.properties?.[tag]?.const));
}
