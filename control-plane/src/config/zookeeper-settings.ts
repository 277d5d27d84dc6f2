// A source of type zookeeper: what may be written, what it means, and how it is printed.

import { type Cursor, durationIn, durationText, schemaParts, serviceName, splitHostPort } from "@fairlead/shared";
import Type, { type Static } from "typebox";
import { sourceName } from "./source-name.js";
import {
  readZooKeeperAccess,
  type ZooKeeperAuthSettings,
  type ZooKeeperTlsSettings,
  zooKeeperAccessTree,
  zooKeeperAuth,
  zooKeeperTls,
} from "./zookeeper-access.js";

const { choice, duration, keys } = schemaParts;

/** Ten times what the largest known site has. */
const LIMITS = { servers: 32, paths: 1_000 };

/** ZooKeeper's own bounds are 2 and 20 ticks, with ticks of 50 ms to some 15 s. */
const SESSION_TIMEOUT = { minMs: 1_000, maxMs: 300_000 };
const SESSION_TIMEOUT_MS = 30_000;

export const ZOOKEEPER_FORMATS = ["host-port", "curator", "serverset", "nerve", "d2", "dubbo"] as const;
export type ZooKeeperFormat = (typeof ZOOKEEPER_FORMATS)[number];

export interface ZooKeeperPathSettings {
  /** Absolute znode path whose children are members; a `*` segment matches every child, `{1}` in `service` is what it matched (`{1:lower}`: in lower case). */
  readonly path: string;
  readonly service: string;
  readonly format: ZooKeeperFormat;
  /** Which port of a Curator instance: `port` (main) or `sslPort` (ssl). */
  readonly port: "main" | "ssl";
  /** Which of a Dubbo provider's protocols: that of its URL, or (curator) an entry of its `dubbo.endpoints`. */
  readonly protocol?: string;
  /** Which additional endpoint of a ServerSet member. */
  readonly endpoint?: string;
  /** Which of a D2 server's URIs. */
  readonly scheme?: "http" | "https";
}

export interface ZooKeeperSourceSettings {
  readonly type: "zookeeper";
  readonly name: string;
  /** `ip:port` or `name:port`. */
  readonly servers: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly auth?: ZooKeeperAuthSettings;
  readonly tls?: ZooKeeperTlsSettings;
  /** Stands before every path; empty where there is none. */
  readonly chroot: string;
  readonly paths: readonly ZooKeeperPathSettings[];
}

const zooKeeperPath = keys(
  {
    path: Type.String({
      expects: "a znode path such as /members/cart",
      description: "Znode whose children are the members; one part may be *, which matches every child",
    }),
    service: Type.String({
      expects: "a service name",
      description: "Service the members belong to; {1} stands for what * matched, {1:lower} for that in lower case",
    }),
    format: choice(
      ZOOKEEPER_FORMATS,
      "How a member is registered: host:port as text; Curator's service discovery (Spring Cloud and Dubbo 3 applications too); a ServerSet; " +
        "Nerve (SmartStack); D2 (a cluster under /d2/uris); dubbo: interface level, a path that ends in /providers",
    ),
    port: Type.Optional(choice(["main", "ssl"], "Which port of a Curator instance: port (main, the default) or sslPort (ssl)")),
    protocol: Type.Optional(
      Type.String({
        pattern: "^[a-z][a-z0-9+.-]{0,31}$",
        expects: "a protocol of Dubbo such as dubbo or tri",
        description:
          "Formats dubbo and curator: which protocol's address of a Dubbo provider. Default: all (dubbo), the instance's port (curator)",
      }),
    ),
    endpoint: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        expects: "a name such as http-admin",
        description: "Format serverset: which additional endpoint. Default: the service's own",
      }),
    ),
    scheme: Type.Optional(choice(["http", "https"], "Format d2: which of a server's URIs. Default: all")),
  },
  "Where members register, and how",
);

export const zooKeeperSourceSchema = keys(
  {
    name: sourceName,
    type: Type.Literal("zookeeper"),
    servers: Type.Array(Type.String({ expects: "a server such as 10.0.0.5:2181" }), {
      minItems: 1,
      maxItems: LIMITS.servers,
      description: "host:port of every server of the ensemble",
    }),
    sessionTimeout: Type.Optional(duration("Silence after which the session is given up, 1s to 5m. Default 30s")),
    auth: Type.Optional(zooKeeperAuth),
    tls: Type.Optional(zooKeeperTls),
    chroot: Type.Optional(
      Type.String({
        expects: "a znode path such as /fairlead",
        description: "Stands before every path, as /fairlead does in host:port/fairlead",
      }),
    ),
    paths: Type.Array(zooKeeperPath, { minItems: 1, maxItems: LIMITS.paths, description: "Where members register" }),
  },
  "Members registered in ZooKeeper",
);

/** Refuses what the schema cannot. */
export function readZooKeeper(
  text: Static<typeof zooKeeperSourceSchema>,
  cursor: Cursor,
  resolve: (path: string) => string,
): ZooKeeperSourceSettings {
  text.servers.forEach((server, index) => {
    const split = splitHostPort(server);
    if (!split.ok) cursor.down("servers", index).refuse(split.error);
  });
  const paths = text.paths.map((path, index) => {
    const at = cursor.down("paths", index);
    checkZnodePath(path.path, at.down("path"));
    checkTemplate(path, at.down("service"));
    checkOptions(path, at);
    const { protocol, endpoint, scheme } = path;
    return {
      ...{ path: path.path, service: path.service, format: path.format, port: path.port ?? "main" },
      ...(protocol === undefined ? {} : { protocol }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(scheme === undefined ? {} : { scheme }),
    };
  });
  const { sessionTimeout } = text;
  const sessionTimeoutMs =
    sessionTimeout === undefined ? SESSION_TIMEOUT_MS : durationIn(cursor.down("sessionTimeout"), sessionTimeout, SESSION_TIMEOUT);
  const { name, servers, chroot = "/" } = text;
  if (chroot !== "/") checkZnodePath(chroot, cursor.down("chroot"), "a path without *");
  const access = readZooKeeperAccess(text, cursor, resolve);
  return { type: "zookeeper", name, servers, sessionTimeoutMs, ...access, chroot: chroot === "/" ? "" : chroot, paths };
}

/** Options by the formats they mean something to, and why they mean nothing to the others. */
const OPTIONS = {
  port: { formats: ["curator"], why: "only members of format curator have two ports" },
  protocol: { formats: ["curator", "dubbo"], why: "only members of formats curator and dubbo have a protocol to choose" },
  endpoint: { formats: ["serverset"], why: "only members of format serverset have additional endpoints" },
  scheme: { formats: ["d2"], why: "only members of format d2 have URIs to choose from" },
} as const satisfies Readonly<Record<string, { readonly formats: readonly ZooKeeperFormat[]; readonly why: string }>>;

function checkOptions(path: Static<typeof zooKeeperPath>, cursor: Cursor): void {
  for (const option of ["port", "protocol", "endpoint", "scheme"] as const) {
    const formats: readonly ZooKeeperFormat[] = OPTIONS[option].formats;
    if (path[option] !== undefined && !formats.includes(path.format)) cursor.down(option).refuse(OPTIONS[option].why);
  }
  if (path.port !== undefined && path.protocol !== undefined) {
    cursor.down("protocol").refuse("protocol chooses the port: leave `port` out");
  }
}

/** ZooKeeper's rules for paths, and ours for `*`. */
function checkZnodePath(path: string, cursor: Cursor, exact?: string): void {
  const shown = JSON.stringify(path.slice(0, 200));
  const [before, ...parts] = path.split("/");
  if (before !== "" || parts.some((part) => part === "" || part === "." || part === "..")) {
    cursor.refuse(`expected a znode path such as /members/cart, got ${shown}`);
  } else if (exact !== undefined && path.includes("*")) {
    cursor.refuse(`expected ${exact}, got ${shown}`);
  } else if (parts.some((part) => part !== "*" && part.includes("*"))) {
    cursor.refuse(`a * stands for a whole part of the path, as in /services/*, got ${shown}`);
  } else if (parts.filter((part) => part === "*").length > 1) {
    cursor.refuse(`one part of a path may be *, got ${shown}`);
  }
}

/** What the `*` matched, as it is or in lower case: interfaces of Dubbo and clusters of D2 have capitals, service names have none. */
const MATCHED = /\{1(:lower)?\}/g;

function checkTemplate({ path, service }: { readonly path: string; readonly service: string }, cursor: Cursor): void {
  const [written] = service.match(MATCHED) ?? [];
  if (written !== undefined && !path.includes("*")) {
    cursor.refuse(`${written} stands for what * matched, and ${JSON.stringify(path.slice(0, 200))} has no *`);
    return;
  }
  const name = serviceName(service.replaceAll(MATCHED, "a"));
  if (!name.ok) cursor.refuse(`expected a service name, with {1} for what * matched, got ${JSON.stringify(service.slice(0, 80))}`);
}

/** The source in the file's own shape. */
export function zooKeeperTree(settings: ZooKeeperSourceSettings): unknown {
  const { name, type, servers, sessionTimeoutMs, chroot, paths } = settings;
  const root = chroot === "" ? {} : { chroot };
  const trees = paths.map(({ port, ...path }) => (path.format === "curator" && path.protocol === undefined ? { ...path, port } : path));
  return { name, type, servers, sessionTimeout: durationText(sessionTimeoutMs), ...zooKeeperAccessTree(settings), ...root, paths: trees };
}
