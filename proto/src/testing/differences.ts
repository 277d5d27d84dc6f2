import protobuf from "protobufjs";

/** What one field is on the wire and in a message, in one line: two fields are the same exactly if their lines are. */
export function fieldLine(field: protobuf.Field): string {
  field.resolve();
  const type = field.resolvedType === null ? field.type : nameOf(field.resolvedType);
  const label = field instanceof protobuf.MapField ? `map<${field.keyType}> ` : field.repeated ? "repeated " : "";
  const oneof = field.partOf === null || field.partOf === undefined ? "" : ` in oneof ${field.partOf.name}`;
  return `${label}${type} = ${field.id}${oneof}${field.options?.["proto3_optional"] === true ? " optional" : ""}`;
}

/** A full name as people write it, without protobufjs's leading dot. */
export const nameOf = (object: protobuf.ReflectionObject): string => object.fullName.replace(/^\./, "");

/** Every message, enum and service of a schema by full name. */
export function objectsOf(namespace: protobuf.NamespaceBase): Map<string, protobuf.ReflectionObject> {
  const found = new Map<string, protobuf.ReflectionObject>();
  for (const child of namespace.nestedArray) {
    if (child instanceof protobuf.Type || child instanceof protobuf.Enum || child instanceof protobuf.Service)
      found.set(nameOf(child), child);
    if (child instanceof protobuf.Namespace) for (const [name, object] of objectsOf(child)) found.set(name, object);
  }
  return found;
}

/**
 * Where `ours` is not a part of `theirs`: one line for each field, enum or method that is missing there or is something else. Their additional
 * messages, fields and methods are no difference; an additional enum value is one, because a value we do not know decodes as a bare number.
 */
export function differences(ours: protobuf.NamespaceBase, theirs: protobuf.NamespaceBase): string[] {
  const upstream = objectsOf(theirs);
  return [...objectsOf(ours)].flatMap(([name, object]) => {
    const other = upstream.get(name);
    if (object instanceof protobuf.Type) return typeDifferences(object, other);
    if (object instanceof protobuf.Enum) return enumDifferences(object, other);
    return object instanceof protobuf.Service ? serviceDifferences(object, other) : [];
  });
}

const line = (name: string, ours: string, theirs: string | undefined): string[] =>
  ours === theirs ? [] : [`${name}: ours is ${ours}, theirs ${theirs ?? "is missing"}`];

function typeDifferences(ours: protobuf.Type, theirs: protobuf.ReflectionObject | undefined): string[] {
  const other = theirs instanceof protobuf.Type ? theirs : undefined;
  if (other === undefined && ours.fieldsArray.length === 0) return [`${nameOf(ours)}: theirs is missing`];
  return ours.fieldsArray.flatMap((field) => {
    const match = other?.fields[field.name];
    return line(nameOf(field), fieldLine(field), match && fieldLine(match));
  });
}

function enumDifferences(ours: protobuf.Enum, theirs: protobuf.ReflectionObject | undefined): string[] {
  const values = (type: protobuf.Enum): string => JSON.stringify(Object.entries(type.values).sort());
  return line(nameOf(ours), values(ours), theirs instanceof protobuf.Enum ? values(theirs) : undefined);
}

function serviceDifferences(ours: protobuf.Service, theirs: protobuf.ReflectionObject | undefined): string[] {
  return ours.methodsArray.flatMap((method) => {
    const match = theirs instanceof protobuf.Service ? theirs.methods[method.name] : undefined;
    return line(nameOf(method), methodLine(method), match && methodLine(match));
  });
}

function methodLine(method: protobuf.Method): string {
  method.resolve();
  const side = (stream: boolean | undefined, type: protobuf.Type | null): string =>
    `${stream === true ? "stream " : ""}${type && nameOf(type)}`;
  return `${side(method.requestStream, method.resolvedRequestType)} -> ${side(method.responseStream, method.resolvedResponseType)}`;
}
