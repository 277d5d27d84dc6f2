import {
  type ConfigPath,
  type ConfigProblem,
  Cursor,
  durationIn,
  type Environment,
  fail,
  formatListen,
  formatPlace,
  type ListenAddress,
  listensCollide,
  ok,
  parseListen,
  peekConfig,
  type ReadConfig,
  type Result,
  readConfig,
  type ServiceName,
} from "@fairlead/shared";
import { readCoordination } from "./coordination-settings.js";
import { readDefaults, readService } from "./read-services.js";
import { readSources } from "./read-sources.js";
import { includedSchema, type ServiceText, type SettingsText, settingsSchema } from "./schema.js";
import type { ServiceSettings, Settings } from "./settings.js";
import { readXdsTls } from "./xds-settings.js";

export interface ConfigText {
  /** As it shall appear in messages. */
  readonly file: string;
  readonly text: string;
}

export interface SettingsInput {
  readonly main: ConfigText;
  readonly environment: Environment;
  /** What `include` names, already read. */
  readonly included: readonly ConfigText[];
  /** Makes a path of the file absolute; relative ones start at the file's directory. */
  readonly resolve: (path: string) => string;
}

/** Settings, and where each of them comes from. */
export interface ReadSettings {
  readonly settings: Settings;
  /** What `include` says, for `printConfig`. */
  readonly include: string | readonly string[] | undefined;
  /** `file:line:column`, `environment VARIABLE` or `default` of the value at a path of the file. */
  place(path: ConfigPath): string;
}

/** Ten minutes is longer than any restart of an ensemble should take. */
const BOOT_WAIT = { minMs: 0, maxMs: 600_000 };
const BOOT_WAIT_MS = 30_000;
const XDS_LISTEN = "127.0.0.1:18000";
const ADMIN_LISTEN = "127.0.0.1:18001";

/** The patterns of further files, before anything is checked. */
export function includePatterns(main: ConfigText, environment: Environment): readonly string[] {
  return peekConfig({ ...main, environment, schema: settingsSchema }, ["include"]);
}

/** Reads and checks the whole configuration. Every problem of every file is returned, each with its place. */
export function readSettings(input: SettingsInput): Result<ReadSettings, readonly ConfigProblem[]> {
  const main = readConfig({ ...input.main, environment: input.environment, schema: settingsSchema });
  const included = input.included.map((text) => readConfig({ ...text, schema: includedSchema }));
  const unfit = [main, ...included].flatMap((read) => (read.ok ? [] : read.error));
  if (!main.ok || unfit.length > 0) return fail(unfit);
  const problems: ConfigProblem[] = [];
  const definitions = definitionsOf([main.value, ...included.flatMap((read) => (read.ok ? [read.value] : []))], problems);
  const settings = settingsOf({ main: main.value, definitions, problems, resolve: input.resolve });
  if (problems.length > 0) return fail(problems);
  return ok({ settings, include: main.value.value.include, place: placesOf(main.value, definitions) });
}

interface Definition {
  readonly read: ReadConfig<unknown>;
  readonly text: ServiceText | null;
  readonly cursor: Cursor;
}

type Definitions = ReadonlyMap<ServiceName, Definition>;

type WithServices = ReadConfig<Pick<SettingsText, "services">>;

function definitionsOf(reads: readonly WithServices[], problems: ConfigProblem[]): Definitions {
  const definitions = new Map<ServiceName, Definition>();
  const ports = new Map<number, Cursor>();
  for (const read of reads) {
    for (const [name, text] of Object.entries(read.value.services ?? {})) {
      const cursor = new Cursor(read, problems, ["services", name]);
      const first = definitions.get(name as ServiceName);
      if (first !== undefined) cursor.refuse(`defined twice; first at ${first.cursor.place}`);
      else definitions.set(name as ServiceName, { read, text, cursor });
      if (text?.localPort !== undefined) claimPort(ports, text.localPort, cursor.down("localPort"));
    }
  }
  return definitions;
}

/** Envoy listens on every service's port of one address. */
function claimPort(ports: Map<number, Cursor>, port: number, cursor: Cursor): void {
  const first = ports.get(port);
  if (first === undefined) ports.set(port, cursor);
  else cursor.refuse(`port ${port} is already used at ${first.place}`);
}

interface Parts {
  readonly main: ReadConfig<SettingsText>;
  readonly definitions: Definitions;
  readonly problems: ConfigProblem[];
  readonly resolve: (path: string) => string;
}

function settingsOf({ main, definitions, problems, resolve }: Parts): Settings {
  const cursor = new Cursor(main, problems);
  const text = main.value;
  const sourceNames = (text.sources ?? []).map(({ name }) => name);
  const defaults = readDefaults(text.defaults ?? {}, cursor.down("defaults"), sourceNames);
  const services = new Map<ServiceName, ServiceSettings>();
  for (const [name, { text: own, cursor: at }] of definitions) {
    services.set(name, readService({ text: own ?? {}, defaults, cursor: at, sources: sourceNames }));
  }
  const xds = readListen(text.xds?.listen ?? XDS_LISTEN, cursor.down("xds", "listen"));
  const admin = readListen(text.admin?.listen ?? ADMIN_LISTEN, cursor.down("admin", "listen"));
  if (listensCollide(xds, admin)) cursor.down("admin", "listen").refuse(`the same port as xds.listen (${text.xds?.listen ?? XDS_LISTEN})`);
  refuseOwnPorts(definitions, { "xds.listen": xds, "admin.listen": admin });
  return {
    id: text.id,
    stateDir: resolve(text.stateDir),
    xds: { listen: xds, ...(text.xds?.tls === undefined ? {} : { tls: readXdsTls(text.xds.tls, cursor.down("xds", "tls"), resolve) }) },
    admin: { listen: admin },
    ...(text.observe === undefined ? {} : { observe: readAgainst(text.observe.against, cursor.down("observe", "against"), resolve) }),
    ...(text.coordination === undefined ? {} : { coordination: readCoordination(text.coordination, cursor.down("coordination")) }),
    bootWaitMs: text.bootWait === undefined ? BOOT_WAIT_MS : durationIn(cursor.down("bootWait"), text.bootWait, BOOT_WAIT),
    sources: readSources(text.sources ?? [], cursor.down("sources"), resolve),
    services,
    defaults,
  };
}

/** A control plane and an Envoy on one machine would fight for the port. */
function refuseOwnPorts(definitions: Definitions, own: Readonly<Record<string, ListenAddress>>): void {
  for (const { text, cursor } of definitions.values()) {
    const port = text?.localPort;
    if (port === undefined) continue;
    for (const [key, listen] of Object.entries(own)) {
      if (listensCollide({ host: "127.0.0.1", port }, listen))
        cursor.down("localPort").refuse(`port ${port} is that of ${key} (${formatListen(listen)})`);
    }
  }
}

function readAgainst(text: string, cursor: Cursor, resolve: (path: string) => string): string {
  if (!text.includes("://")) return resolve(text);
  if (!URL.canParse(text) || !text.startsWith("http://")) cursor.refuse(`expected http://ip:port or a path, got "${text}"`);
  return text;
}

function readListen(text: string, cursor: Cursor): ListenAddress {
  const listen = parseListen(text);
  if (listen.ok) return listen.value;
  cursor.refuse(listen.error);
  return { host: "localhost", port: 0 };
}

function placesOf(main: ReadConfig<unknown>, definitions: Definitions): (path: ConfigPath) => string {
  return (path) => {
    const [root, name, ...rest] = path;
    if (root !== "services" || name === undefined) return formatPlace(main.place(path));
    const own = (definitions.get(name as ServiceName)?.read ?? main).place(path);
    const inherited = main.place(["defaults", ...rest]);
    if (own.kind !== "default" || inherited.kind === "default" || rest.length === 0) return formatPlace(own);
    return `${formatPlace(inherited)} (defaults)`;
  };
}
