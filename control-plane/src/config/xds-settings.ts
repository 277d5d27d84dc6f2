// Where xDS clients connect, and how they and we prove who we are.

import { type Cursor, pemFile, schemaParts } from "@fairlead/shared";
import Type, { type Static } from "typebox";

const { keys } = schemaParts;

/** Absolute paths of PEM files, read again when they change. */
export interface XdsTlsSettings {
  readonly cert: string;
  readonly key: string;
  /** With it a client without a certificate of these authorities is refused. */
  readonly clientCa?: string;
  readonly clients?: readonly { readonly identity: string; readonly nodes: readonly string[] }[];
}

/** Ten times what the largest known site has; each stream looks at every one. */
const LIMITS = { clients: 1_000, nodes: 100 };

const pattern = (expects: string, description: string) => Type.String({ pattern: "^[\\x21-\\x7e]{1,512}$", expects, description });

const tls = keys(
  {
    cert: pemFile("PEM file with our certificate and what it is signed by. Read again when it changes, as the others here"),
    key: pemFile("PEM file with the key of cert"),
    clientCa: Type.Optional(
      pemFile(
        "PEM file with the authorities of the clients' certificates; a client without one of theirs is refused. Default: nobody is asked",
      ),
    ),
    clients: Type.Optional(
      Type.Array(
        keys(
          {
            identity: pattern(
              "a name such as spiffe://mesh/ns/web/* or *.web.internal",
              "URI name, else DNS name, else common name of the certificate; * stands for any text",
            ),
            nodes: Type.Array(pattern("a node id such as web-*", "Node id; * stands for any text"), {
              minItems: 1,
              maxItems: LIMITS.nodes,
              description: "Node ids it may claim",
            }),
          },
          "Certificates, and which node ids they may claim",
        ),
        {
          minItems: 1,
          maxItems: LIMITS.clients,
          description:
            "Which client may claim which node ids. Default: the name in its certificate (of a SPIFFE id the last part will do), alone or with one of / - . and more behind it",
        },
      ),
    ),
  },
  "TLS, 1.2 or newer; changes on restart only (what is in the files does not). Without it connections are plain",
);

export const xdsSchema = keys(
  {
    listen: Type.Optional(
      Type.String({
        expects: "an address such as 127.0.0.1:18000",
        description: "ip:port or localhost:port; IPv6 in brackets. Default 127.0.0.1:18000",
      }),
    ),
    tls: Type.Optional(tls),
  },
  "Where sidecars and other xDS clients connect; changes on restart only",
);

/** Refuses what the schema cannot. Relative paths start at the configuration's directory. */
export function readXdsTls(
  { cert, key, clientCa, clients }: Static<typeof tls>,
  cursor: Cursor,
  resolve: (path: string) => string,
): XdsTlsSettings {
  if (clients !== undefined && clientCa === undefined) {
    cursor.down("clients").refuse("without clientCa no client shows a certificate: add clientCa, or leave clients out");
  }
  return {
    cert: resolve(cert),
    key: resolve(key),
    ...(clientCa === undefined ? {} : { clientCa: resolve(clientCa) }),
    ...(clients === undefined ? {} : { clients }),
  };
}
