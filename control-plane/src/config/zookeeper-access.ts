// How a ZooKeeper source shows who it is, and knows whom it talks to.

import { type ClientTlsSettings, type Cursor, clientTls, readClientTls } from "@fairlead/shared";
import Type, { type Static } from "typebox";

/** ZooKeeper's digest scheme. The password is never printed. */
export interface ZooKeeperAuthSettings {
  readonly user: string;
  readonly password: { readonly kind: "text"; readonly text: string } | { readonly kind: "file"; readonly path: string };
}

export type ZooKeeperTlsSettings = ClientTlsSettings;

/** `writeOnly`: what was written there is not repeated in messages. */
export const zooKeeperAuth = Type.Object(
  {
    digest: Type.String({
      minLength: 1,
      writeOnly: true,
      expects: "user:password, or the user alone with passwordFile",
      description: "user:password, or the user alone beside passwordFile. Never printed",
    }),
    passwordFile: Type.Optional(
      Type.String({ minLength: 1, expects: "a path", description: "Holds the password alone; read again at every connection" }),
    ),
  },
  { additionalProperties: false, writeOnly: true, description: "Who we are to ZooKeeper (scheme digest), where its ACLs ask" },
);

export const zooKeeperTls = clientTls(
  { servers: "the servers'", host: "the host in servers" },
  "TLS to the servers' secureClientPort. Without it the connection is plain",
);

export interface AccessText {
  readonly auth?: Static<typeof zooKeeperAuth>;
  readonly tls?: Static<typeof zooKeeperTls>;
}

/** Refuses what the schema cannot. Relative paths start at the configuration's directory. */
export function readZooKeeperAccess(
  { auth, tls }: AccessText,
  cursor: Cursor,
  resolve: (path: string) => string,
): { readonly auth?: ZooKeeperAuthSettings; readonly tls?: ZooKeeperTlsSettings } {
  return {
    ...(auth === undefined ? {} : { auth: readAuth(auth, cursor.down("auth"), resolve) }),
    ...(tls === undefined ? {} : { tls: readClientTls(tls, cursor.down("tls"), resolve) }),
  };
}

function readAuth(text: NonNullable<AccessText["auth"]>, cursor: Cursor, resolve: (path: string) => string): ZooKeeperAuthSettings {
  const { digest, passwordFile } = text;
  const colon = digest.indexOf(":");
  if (passwordFile !== undefined) {
    if (colon >= 0) cursor.down("digest").refuse("beside passwordFile only the user is written here, without a colon");
    return { user: digest, password: { kind: "file", path: resolve(passwordFile) } };
  }
  if (colon < 1 || colon === digest.length - 1)
    cursor.down("digest").refuse("expected user:password; or write the user alone and passwordFile");
  return { user: digest.slice(0, Math.max(colon, 0)), password: { kind: "text", text: digest.slice(colon + 1) } };
}

/** In the file's own shape, without the password. */
export function zooKeeperAccessTree({
  auth,
  tls,
}: {
  readonly auth?: ZooKeeperAuthSettings;
  readonly tls?: ZooKeeperTlsSettings;
}): Readonly<Record<string, unknown>> {
  return { ...(auth === undefined ? {} : { auth: authTree(auth) }), ...(tls === undefined ? {} : { tls }) };
}

function authTree({ user, password }: ZooKeeperAuthSettings): Readonly<Record<string, string>> {
  return password.kind === "text" ? { digest: `${user}:(not shown)` } : { digest: user, passwordFile: password.path };
}
