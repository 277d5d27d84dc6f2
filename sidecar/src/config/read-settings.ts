import {
  type ConfigPath,
  type ConfigProblem,
  Cursor,
  DEFAULT_ZONE,
  durationIn,
  type Environment,
  endpointId,
  fail,
  formatPlace,
  listensCollide,
  ok,
  parseAddress,
  parseListen,
  type Result,
  readClientTls,
  readConfig,
  splitHostPort,
} from "@fairlead/shared";
import { type SettingsText, settingsSchema } from "./schema.js";
import type { Listen, Settings, Upstream } from "./settings.js";

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
  readonly settings: Settings;
  /** `file:line:column`, `environment VARIABLE` or `default` of the value at a path of the file. */
  place(path: ConfigPath): string;
}

const ADMIN_LISTEN = "127.0.0.1:15000";
const DRAIN = { minMs: 0, maxMs: 3_600_000 };
/** As long as Kubernetes waits before it kills. */
const DRAIN_MS = 30_000;
const LEAVE_MS = 60_000;
/** One good request in a hundred shows what is usual, and costs nothing to speak of. */
const SAMPLE_RATE = 0.01;
/** Less than a collection takes would shed for one. */
const LOOP_DELAY = { minMs: 50, maxMs: 60_000 };

/** Reads and checks the whole configuration. Every problem is returned with its place. */
export function readSettings({ file, text, environment, resolve }: SettingsInput): Result<ReadSettings, readonly ConfigProblem[]> {
  const read = readConfig({ file, text, environment, schema: settingsSchema });
  if (!read.ok) return read;
  const problems: ConfigProblem[] = [];
  const settings = settingsOf(read.value.value, new Cursor(read.value, problems), resolve);
  if (problems.length > 0) return fail(problems);
  return ok({ settings, place: (path) => formatPlace(read.value.place(path)) });
}

function settingsOf(text: SettingsText, cursor: Cursor, resolve: (path: string) => string): Settings {
  const listens = new Listens();
  const admin = listens.read(text.admin?.listen ?? ADMIN_LISTEN, cursor.down("admin", "listen"));
  const upstreams = readUpstreams(text, cursor.down("upstreams"), listens);
  return {
    node: { id: text.node.id, cluster: text.node.cluster ?? text.node.id, zone: text.node.zone ?? DEFAULT_ZONE },
    controlPlane: readControlPlane(text.controlPlane, cursor.down("controlPlane"), resolve),
    stateDir: resolve(text.stateDir),
    admin: { listen: admin },
    upstreams,
    http: text.http === undefined ? undefined : readHttp(text.http, { cursor: cursor.down("http"), listens, upstreams }),
    drain: {
      timeoutMs: text.drain?.timeout === undefined ? DRAIN_MS : durationIn(cursor.down("drain", "timeout"), text.drain.timeout, DRAIN),
      leaveMs: text.drain?.leave === undefined ? LEAVE_MS : durationIn(cursor.down("drain", "leave"), text.drain.leave, DRAIN),
    },
    accessLog: readAccessLog(text.accessLog),
    answerHeader: text.answerHeader ?? false,
    limits: { connections: text.limits?.connections, bodyBytes: text.limits?.bodyBytes },
    shed: readShed(text.shed, cursor.down("shed")),
  };
}

function readAccessLog(text: SettingsText["accessLog"]): Settings["accessLog"] {
  const { mode, rate, query } = typeof text === "object" ? text : { mode: text ?? "errors" };
  return { mode, rate: rate ?? SAMPLE_RATE, query: query ?? false };
}

function readShed(text: SettingsText["shed"], cursor: Cursor): Settings["shed"] {
  const { inFlight, loopDelay, heapPercent } = typeof text === "object" ? text : {};
  const loopDelayMs = loopDelay === undefined ? undefined : durationIn(cursor.down("loopDelay"), loopDelay, LOOP_DELAY);
  return { enabled: text !== "off", inFlight, loopDelayMs, heapPercent };
}

/** The listeners of this process so far; two may not want one port. */
class Listens {
  readonly #taken: { readonly listen: Listen; readonly cursor: Cursor }[] = [];

  read(text: string, cursor: Cursor): Listen {
    const listen = parseListen(text);
    if (!listen.ok) {
      cursor.refuse(listen.error);
      return { host: "localhost", port: 0 };
    }
    const first = this.#taken.find((taken) => listensCollide(taken.listen, listen.value));
    if (first !== undefined) cursor.refuse(`${text} is already taken by ${first.cursor.name} (${first.cursor.place})`);
    else this.#taken.push({ listen: listen.value, cursor });
    return listen.value;
  }
}

function readControlPlane(
  { addresses, tls }: SettingsText["controlPlane"],
  cursor: Cursor,
  resolve: (path: string) => string,
): Settings["controlPlane"] {
  return {
    addresses: readAddresses(addresses, cursor.down("addresses")),
    ...(tls === undefined ? {} : { tls: readClientTls(tls, cursor.down("tls"), resolve) }),
  };
}

function readAddresses(texts: readonly string[], cursor: Cursor): readonly string[] {
  const first = new Map<string, number>();
  return texts.map((text, index) => {
    const address = parseAddress(text);
    if (!address.ok) {
      cursor.down(index).refuse(addressHint(text));
      return text;
    }
    const id = endpointId(address.value);
    const same = first.get(id);
    if (same === undefined) first.set(id, index);
    else cursor.down(index).refuse(`${id} is already listed at ${cursor.down(same).place}`);
    return id;
  });
}

/** A sidecar that needs DNS to find its control plane would be lost when DNS is. */
function addressHint(text: string): string {
  const expected = `expected an address such as 10.0.0.9:18000, got ${JSON.stringify(text.slice(0, 80))}`;
  const split = splitHostPort(text);
  const isName = split.ok && /[a-z]/i.test(split.value.host) && !split.value.host.includes(":");
  return isName ? `${expected}; names of control planes are not looked up in this version` : expected;
}

function readUpstreams(text: SettingsText, cursor: Cursor, listens: Listens): readonly Upstream[] {
  const first = new Map<string, Cursor>();
  return text.upstreams.map(({ service, listen }, index) => {
    const at = cursor.down(index);
    const same = first.get(service);
    if (same === undefined) first.set(service, at);
    else at.down("service").refuse(`"${service}" is already an upstream at ${same.place}`);
    if (listen === undefined && text.http === undefined)
      at.refuse(`nothing could reach "${service}": it has no listen, and there is no http.listen`);
    return { service, listen: listen === undefined ? undefined : listens.read(listen, at.down("listen")) };
  });
}

interface HttpParts {
  readonly cursor: Cursor;
  readonly listens: Listens;
  readonly upstreams: readonly Upstream[];
}

function readHttp(text: NonNullable<SettingsText["http"]>, { cursor, listens, upstreams }: HttpParts): NonNullable<Settings["http"]> {
  const declared = new Set(upstreams.map(({ service }) => service));
  const hosts = new Map<string, string>();
  const first = new Map<string, Cursor>();
  for (const [written, service] of Object.entries(text.hosts ?? {})) {
    const at = cursor.down("hosts", written);
    const host = written.toLowerCase();
    const same = first.get(host);
    if (!declared.has(service)) at.refuse(`"${service}" is not among the upstreams; add it there`);
    else if (same !== undefined) at.refuse(`the same host as at ${same.place}`);
    else if (declared.has(host) && host !== service) at.refuse(`"${host}" is an upstream, and its name always means itself`);
    first.set(host, same ?? at);
    hosts.set(host, service);
  }
  return { listen: listens.read(text.listen, cursor.down("listen")), hosts };
}
