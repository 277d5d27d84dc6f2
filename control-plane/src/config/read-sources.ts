import type { Cursor, ServiceName } from "@fairlead/shared";
import { readDns } from "./dns-settings.js";
import { readEndpoint } from "./read-endpoints.js";
import type { SourceText } from "./schema.js";
import type { SourceSettings, StaticEndpointSettings, StaticSourceSettings } from "./settings.js";
import { readZooKeeper } from "./zookeeper-settings.js";

/** The list of sources, in their order. */
export function readSources(texts: readonly SourceText[], cursor: Cursor, resolve: (path: string) => string): readonly SourceSettings[] {
  const first = new Map<string, Cursor>();
  return texts.map((text, index) => {
    const at = cursor.down(index);
    const same = first.get(text.name);
    if (same === undefined) first.set(text.name, at);
    else at.down("name").refuse(`"${text.name}" is already the name of the source at ${same.place}`);
    return readSource(text, at, resolve);
  });
}

function readSource(text: SourceText, cursor: Cursor, resolve: (path: string) => string): SourceSettings {
  switch (text.type) {
    case "static":
      return readStatic(text, cursor);
    case "file":
      return { type: "file", name: text.name, path: resolve(text.path) };
    case "zookeeper":
      return readZooKeeper(text, cursor, resolve);
    case "dns":
      return readDns(text, cursor);
  }
}

function readStatic(text: Extract<SourceText, { readonly type: "static" }>, cursor: Cursor): StaticSourceSettings {
  const services = new Map<ServiceName, readonly StaticEndpointSettings[]>();
  for (const [name, endpoints] of Object.entries(text.services)) {
    const first = new Map<string, Cursor>();
    const read = endpoints.flatMap((endpoint, index) => {
      const at = cursor.down("services", name, index);
      const settings = readEndpoint(endpoint, at.place);
      if (!settings.ok) at.down("address").refuse(settings.error);
      else if (first.has(settings.value.address))
        at.refuse(`${settings.value.address} is already listed at ${first.get(settings.value.address)?.place}`);
      else first.set(settings.value.address, at);
      return settings.ok ? [settings.value] : [];
    });
    services.set(name as ServiceName, read);
  }
  return { type: "static", name: text.name, services };
}
