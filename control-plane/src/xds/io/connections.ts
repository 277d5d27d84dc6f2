// The listening socket. grpc-js opens its own with Node's backlog of 511, and then thousands of clients that reconnect at once wait for
// SYN retransmissions of one and three seconds; so we listen, and hand it the connections. With TLS we also make the handshake: grpc-js
// could not tell a client why its certificate is refused.

import { createServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import { fail, ok, type Result } from "@fairlead/shared";
import type { ConnectionInjector } from "@grpc/grpc-js";
import { type ClientProof, proofOf } from "./client-proof.js";
import { SetupQueue } from "./setup-queue.js";
import type { TlsMaterial } from "./tls-files.js";

/** As many as the kernel gives: Linux caps it at net.core.somaxconn, 4096 by default since 5.4. More would wrap around in old kernels. */
const BACKLOG = 65_535;
/** A handshake takes two round trips; who is silent meanwhile holds a connection. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A resumed session would not be checked again: not for its end, nor against other authorities (SSL_OP_NO_TICKET). */
const NO_TICKET = 0x4000;

const UNASKED: ClientProof = { kind: "not-asked" };
const OUTDATED: ClientProof = {
  kind: "unproven",
  reason: "untrusted",
  because: "an authority was taken out of xds.tls.clientCa since this connection was opened: open another one",
};

export interface ConnectionsOptions {
  readonly injector: ConnectionInjector;
  readonly maxConnections: number;
  /** Hears of every connection above the limit, which is closed at once. */
  readonly onRefused: () => void;
  readonly tls?: {
    readonly material: TlsMaterial;
    readonly asksClients: boolean;
    /** A handshake that came to nothing. */
    readonly onFailed: (reason: string) => void;
  };
}

export interface Connections {
  listen(address: { readonly host: string; readonly port: number }): Promise<Result<{ readonly port: number }>>;
  /** What is known of the client at `address:port`; nothing once its connection has ended. */
  proofOf(peer: string): ClientProof | undefined;
  /** Meets new connections with this. Those open stay, and prove nothing more where an authority is gone. */
  renew(material: TlsMaterial): void;
  /** Ends the connection of a peer, given as `address:port`, with everything on it. */
  destroy(peer: string): void;
  /** Takes no more connections; those open stay. */
  stopListening(): void;
}

interface Open {
  readonly socket: Socket;
  proof: ClientProof;
}

export function newConnections(options: ConnectionsOptions): Connections {
  const { injector, tls } = options;
  const setups = new SetupQueue();
  const open = new Map<string, Open>();
  const accept = (socket: Socket, proof: ClientProof) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    open.set(peer, { socket, proof });
    socket.on("close", () => {
      if (open.get(peer)?.socket === socket) open.delete(peer);
    });
    // The http2 session reports what goes wrong with a connection; a reset before it is set up has nobody to tell.
    socket.on("error", () => socket.destroy());
    setups.add(socket, () => injector.injectConnection(socket));
  };
  const secure = tls && newTlsServer(tls, accept);
  const server: NetServer = secure ?? createServer({ noDelay: true }, (socket) => accept(socket, UNASKED));
  server.maxConnections = options.maxConnections;
  server.on("drop", options.onRefused);
  let authorities = tls?.material.authorities ?? new Set<string>();
  return {
    listen: ({ host, port }) => listen(server, host, port),
    proofOf: (peer) => open.get(peer)?.proof,
    renew(material) {
      secure?.setSecureContext({ ...material.context, secureOptions: NO_TICKET });
      const lost = [...authorities].some((authority) => !material.authorities.has(authority));
      authorities = material.authorities;
      if (lost) for (const connection of open.values()) connection.proof = OUTDATED;
    },
    destroy: (peer) => void open.get(peer)?.socket.destroy(),
    stopListening() {
      server.close();
      setups.close();
    },
  };
}

function newTlsServer(
  { material, asksClients, onFailed }: NonNullable<ConnectionsOptions["tls"]>,
  accept: (socket: Socket, proof: ClientProof) => void,
): TlsServer {
  const server = createTlsServer({
    ...material.context,
    secureOptions: NO_TICKET,
    ALPNProtocols: ["h2"],
    noDelay: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    requestCert: asksClients,
    // A connection that is not trusted is told why, stream by stream; a handshake that fails tells a TLS 1.3 client nothing.
    rejectUnauthorized: false,
  });
  server.on("secureConnection", (socket: TLSSocket) => accept(socket, asksClients ? proofOf(socket) : UNASKED));
  server.on("tlsClientError", (error) => onFailed(error.message));
  return server;
}

function listen(server: NetServer, host: string, port: number): Promise<Result<{ readonly port: number }>> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(fail(`cannot listen on ${host}:${port}: ${whyNot(error)}`));
    server.once("error", failed);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(ok({ port: typeof address === "object" && address !== null ? address.port : port }));
    });
  });
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "another process listens there already";
  if (code === "EACCES") return "this user may not listen on that port";
  if (code === "EADDRNOTAVAIL") return "this machine does not have that address";
  return message;
}
