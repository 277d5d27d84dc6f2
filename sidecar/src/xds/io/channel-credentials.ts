// How a connection to the control plane is secured.

import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import { type ClientTlsSettings, fail, ok, type Result } from "@fairlead/shared";
import { type ChannelCredentials, type ChannelOptions, credentials } from "@grpc/grpc-js";

export interface Secured {
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** An IP may not be named in the handshake (RFC 6066 section 3), and grpc-js names something always. */
const NO_NAME = "control-plane.invalid";

export const PLAIN: Secured = { credentials: credentials.createInsecure(), options: {} };

/** Reads the files anew, so that a rotated certificate is used from the next connection on. `host` is where we connect to. */
export async function readSecured(tls: ClientTlsSettings, host: string): Promise<Result<Secured>> {
  const optional = (path: string | undefined) => (path === undefined ? null : readFile(path));
  try {
    const [ca, key, cert] = await Promise.all([readFile(tls.ca), optional(tls.key), optional(tls.cert)]);
    const expected = tls.serverName ?? host;
    // The certificate is checked for what we expect, whatever is named in the handshake.
    const verify = {
      checkServerIdentity: (_named: string, found: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(expected, found),
    };
    return ok({
      credentials: credentials.createSsl(ca, key, cert, verify),
      options: { "grpc.ssl_target_name_override": isIP(expected) === 0 ? expected : NO_NAME },
    });
  } catch (error) {
    return fail(`the files of controlPlane.tls cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
