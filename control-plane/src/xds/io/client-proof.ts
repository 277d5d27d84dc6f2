// What a TLS connection proves about the client at its other end.

import type { TLSSocket } from "node:tls";
import { type ClientIdentity, identityOf } from "../client-identity.js";

export type ClientProof =
  /** Nobody asked: without `clientCa` there are no identities. */
  | { readonly kind: "not-asked" }
  | { readonly kind: "proven"; readonly identity: ClientIdentity; readonly endsAtMs: number }
  /** `reason` is a metric label. */
  | { readonly kind: "unproven"; readonly reason: "no-certificate" | "untrusted" | "expired" | "no-name"; readonly because: string };

/** Of a connection whose handshake is over. */
export function proofOf(socket: TLSSocket): ClientProof {
  const certificate = socket.getPeerCertificate();
  // Without a certificate it is an empty object, whatever its type says.
  if (certificate.raw === undefined) {
    return { kind: "unproven", reason: "no-certificate", because: "this server asks its clients for a certificate, and there is none" };
  }
  if (!socket.authorized) return untrusted(String(socket.authorizationError), certificate.valid_to);
  const identity = identityOf({ alternativeNames: certificate.subjectaltname, commonName: certificate.subject?.CN });
  if (identity === undefined) {
    return { kind: "unproven", reason: "no-name", because: "the client's certificate names nobody: no URI, no DNS name, no common name" };
  }
  return { kind: "proven", identity, endsAtMs: Date.parse(certificate.valid_to) };
}

/** Codes of X509_verify_cert, as node prints them. */
function untrusted(code: string, validTo: string): ClientProof {
  if (code === "CERT_HAS_EXPIRED") return expired(Date.parse(validTo));
  return { kind: "unproven", reason: "untrusted", because: `the client's certificate is refused: ${wordsOf(code)}` };
}

/** A certificate that ended, before the connection was opened or since. */
export function expired(endsAtMs: number): ClientProof & { readonly kind: "unproven" } {
  return { kind: "unproven", reason: "expired", because: `the client's certificate expired on ${new Date(endsAtMs).toISOString()}` };
}

function wordsOf(code: string): string {
  if (code === "CERT_NOT_YET_VALID") return "it is not valid yet";
  if (code === "INVALID_PURPOSE") return "it is not meant for clients (extended key usage)";
  if (/ISSUER|SELF_SIGNED|LEAF_SIGNATURE|SIGNATURE_FAILURE/.test(code)) return `no authority in xds.tls.clientCa has signed it (${code})`;
  return code;
}
