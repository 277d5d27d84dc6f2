import {
  type ConfigPath,
  type ConfigProblem,
  Cursor,
  type Environment,
  endpointId,
  fail,
  formatListen,
  formatPlace,
  type ListenAddress,
  ok,
  parseAddress,
  parseListen,
  printTree,
  type Result,
  readConfig,
  type ServiceName,
  serviceName,
} from "@fairlead/shared";
import type { InjectorOptions, Resources } from "./injector-options.js";
import { type SettingsText, settingsSchema } from "./settings-schema.js";

export interface InjectorSettings {
  readonly listen: ListenAddress;
  /** Absolute paths. */
  readonly tls: { readonly cert: string; readonly key: string };
  readonly options: InjectorOptions;
}

export interface SettingsInput {
  /** As it shall appear in messages. */
  readonly file: string;
  readonly text: string;
  readonly environment: Environment;
  /** Makes a path of the file absolute; relative ones start at the file's directory. */
  readonly resolve: (path: string) => string;
}

/** Settings, and where each of them comes from. */
export interface ReadSettings {
  readonly settings: InjectorSettings;
  /** `file:line:column`, `environment VARIABLE` or `default` of the value at a path of the file. */
  place(path: ConfigPath): string;
}

const DEFAULTS = { listen: "0.0.0.0:8443", httpPort: 9_000, adminPort: 15_000, zoneLabel: "topology.kubernetes.io/zone" };
/** A processor limit would throttle every request of the application; a memory limit catches a leak before the node does. */
const RESOURCES: Resources = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } };

/** Reads and checks the injector's configuration. Every problem is returned with its place. */
export function readSettings({ file, text, environment, resolve }: SettingsInput): Result<ReadSettings, readonly ConfigProblem[]> {
  const read = readConfig({ file, text, environment, schema: settingsSchema });
  if (!read.ok) return read;
  const problems: ConfigProblem[] = [];
  const settings = settingsOf(read.value.value, new Cursor(read.value, problems), resolve);
  return problems.length > 0 ? fail(problems) : ok({ settings, place: (path) => formatPlace(read.value.place(path)) });
}

function settingsOf(text: SettingsText, cursor: Cursor, resolve: (path: string) => string): InjectorSettings {
  return {
    listen: readListen(text.listen ?? DEFAULTS.listen, cursor.down("listen")),
    tls: { cert: resolve(text.tls.cert), key: resolve(text.tls.key) },
    options: readOptions(text, cursor),
  };
}

function readOptions(text: SettingsText, cursor: Cursor): InjectorOptions {
  const { image, imagePullPolicy, httpPort = DEFAULTS.httpPort, adminPort = DEFAULTS.adminPort, resources } = text.sidecar;
  if (httpPort === adminPort) cursor.down("sidecar", "adminPort").refuse(`${adminPort} is already the httpPort`);
  return {
    image,
    imagePullPolicy,
    controlPlaneAddresses: readAddresses(text.controlPlane.addresses, cursor.down("controlPlane", "addresses")),
    upstreams: (text.upstreams ?? []).flatMap((name, index) => readUpstream(name, cursor.down("upstreams", index))),
    zone: text.zone,
    zoneLabel: text.zoneLabel ?? DEFAULTS.zoneLabel,
    httpPort,
    adminPort,
    resources: resources ?? RESOURCES,
  };
}

function readListen(text: string, cursor: Cursor): ListenAddress {
  const listen = parseListen(text);
  if (!listen.ok) {
    cursor.refuse(listen.error);
    return { host: "127.0.0.1", port: 0 };
  }
  // As a name it would be two sockets, and only one of them would follow a renewed certificate.
  return listen.value.host === "localhost" ? { ...listen.value, host: "127.0.0.1" } : listen.value;
}

function readUpstream(text: string, cursor: Cursor): readonly ServiceName[] {
  const name = serviceName(text);
  if (name.ok) return [name.value];
  cursor.refuse(name.error);
  return [];
}

/** The same rule as the sidecar's own: each an IP and a port, none twice. A sidecar with a wrong address would not start. */
function readAddresses(texts: readonly string[], cursor: Cursor): readonly string[] {
  const seen = new Set<string>();
  return texts.map((text, index) => {
    const address = parseAddress(text);
    const id = address.ok ? endpointId(address.value) : text;
    if (!address.ok) cursor.down(index).refuse(`${address.error}; for a Service write its cluster IP`);
    else if (seen.has(id)) cursor.down(index).refuse(`${id} is already listed`);
    seen.add(id);
    return id;
  });
}

/** The effective configuration as YAML in the file's own shape; beside every value, where it came from. */
export function printSettings({ settings, place }: ReadSettings): string {
  const { image, imagePullPolicy, httpPort, adminPort, resources, controlPlaneAddresses, upstreams, zone, zoneLabel } = settings.options;
  const tree = {
    listen: formatListen(settings.listen),
    tls: settings.tls,
    sidecar: { image, ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }), httpPort, adminPort, resources },
    controlPlane: { addresses: controlPlaneAddresses },
    upstreams,
    ...(zone === undefined ? {} : { zone }),
    zoneLabel,
  };
  return printTree(tree, place);
}
