// How a configuration says that we speak TLS to a server: whom we believe, and who we are.

import Type, { type Static } from "typebox";
import type { Cursor } from "./cursor.js";
import { keys } from "./schema-parts.js";

/** Absolute paths of PEM files, read again at every connection. */
export interface ClientTlsSettings {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name the server's certificate is checked for; the host connected to where absent. */
  readonly serverName?: string;
}

/** A path of a PEM file. */
export function pemFile(description: string) {
  return Type.String({ minLength: 1, expects: "a path", description });
}

/** A `tls:` map. `servers` is what the other side is called, in a genitive: "the servers'"; `host` where its name comes from otherwise. */
export function clientTls(words: { readonly servers: string; readonly host: string }, description: string) {
  return keys(
    {
      ca: pemFile(`PEM file with the authorities that sign ${words.servers} certificates`),
      cert: Type.Optional(pemFile("PEM file with our certificate and what it is signed by, where servers ask for one")),
      key: Type.Optional(pemFile("PEM file with the key of cert")),
      serverName: Type.Optional(
        Type.String({
          pattern: "^[A-Za-z0-9._-]{1,253}$",
          expects: "a host name",
          description: `Name ${words.servers} certificates must carry. Default: ${words.host}`,
        }),
      ),
    },
    description,
  );
}

export type ClientTlsText = Static<ReturnType<typeof clientTls>>;

/** Refuses what the schema cannot. Relative paths start at the configuration's directory. */
export function readClientTls(
  { ca, cert, key, serverName }: ClientTlsText,
  cursor: Cursor,
  resolve: (path: string) => string,
): ClientTlsSettings {
  if ((cert === undefined) !== (key === undefined)) cursor.refuse("cert and key go together");
  return {
    ca: resolve(ca),
    ...(cert === undefined ? {} : { cert: resolve(cert) }),
    ...(key === undefined ? {} : { key: resolve(key) }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}
