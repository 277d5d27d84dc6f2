// What went wrong with a TLS connection, in words that say whose file to look at. OpenSSL's own say neither.

/** In grpc-js's text of a failed connection, by what OpenSSL and node write. */
const CAUSES: readonly (readonly [pattern: RegExp, cause: string])[] = [
  [/certificate has expired|CERT_HAS_EXPIRED/i, "the control plane's certificate has expired (its xds.tls.cert)"],
  [/not yet valid/i, "the control plane's certificate is not valid yet: compare the clocks"],
  [
    /self[- ]signed certificate|unable to verify|unable to get (local )?issuer|certificate signature failure/i,
    "no authority in controlPlane.tls.ca has signed the control plane's certificate",
  ],
  [
    /Hostname\/IP does not match|altname/i,
    "the control plane's certificate is for another name or address (controlPlane.tls.serverName says which is expected)",
  ],
  [/wrong version number|packet length too long|http request/i, "the control plane does not speak TLS on this port"],
  [/no application protocol/i, "what listens there does not speak gRPC"],
  [
    /bad certificate|certificate required|unknown ca|certificate unknown/i,
    "the control plane refuses our certificate (controlPlane.tls.cert)",
  ],
];

/** Keeps what the transport says behind it: the names expected and found stand there. */
export function tlsCause(details: string): string {
  const found = CAUSES.find(([pattern]) => pattern.test(details));
  return found === undefined ? details : `${found[1]}: ${details}`;
}
