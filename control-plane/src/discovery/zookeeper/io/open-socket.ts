import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fail, ok, type Result } from "@fairlead/shared";
import type { ZooKeeperAuthSettings, ZooKeeperTlsSettings } from "../../../config/index.js";
import type { Access } from "../link.js";

/** What a connection needs beside the address, read from its files. */
export interface Credentials {
  /** `user:password`. */
  readonly digest: string | undefined;
  readonly tls: TlsMaterial | undefined;
}

interface TlsMaterial {
  readonly ca: Buffer;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly serverName: string | undefined;
}

/** Reads the files anew, so that a rotated certificate or password is used from the next connection on. */
export async function readCredentials({ auth, tls }: Access): Promise<Result<Credentials>> {
  try {
    return ok({ digest: await readDigest(auth), tls: await readTls(tls) });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

async function readDigest(auth: ZooKeeperAuthSettings | undefined): Promise<string | undefined> {
  if (auth === undefined) return undefined;
  const { user, password } = auth;
  if (password.kind === "text") return `${user}:${password.text}`;
  // An editor ends the file with a line end that is not part of the password.
  return `${user}:${(await readFile(password.path, "utf8")).replace(/\r?\n$/, "")}`;
}

async function readTls(tls: ZooKeeperTlsSettings | undefined): Promise<TlsMaterial | undefined> {
  if (tls === undefined) return undefined;
  const optional = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
  const [ca, cert, key] = await Promise.all([readFile(tls.ca), optional(tls.cert), optional(tls.key)]);
  return { ca, cert, key, serverName: tls.serverName };
}

/** Opens a plain or an encrypted connection; `onReady` when bytes can be sent. */
export function openSocket(host: string, port: number, tls: TlsMaterial | undefined, onReady: () => void): Socket {
  if (tls === undefined) return connect({ host, port, noDelay: true }, onReady);
  const { ca, cert, key, serverName } = tls;
  const name = serverName ?? host;
  const options = {
    host,
    port,
    ca,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // An IP may not be named in the handshake (RFC 6066 section 3); the certificate is checked for it all the same.
    ...(isIpLike(name) ? {} : { servername: name }),
  };
  const socket = connectTls(options, onReady);
  socket.setNoDelay();
  return socket;
}

function isIpLike(name: string): boolean {
  return name.includes(":") || /^[0-9.]+$/.test(name);
}
