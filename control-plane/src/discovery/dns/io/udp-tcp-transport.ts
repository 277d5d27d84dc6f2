import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { fail, ok, type Result, splitHostPort } from "@fairlead/shared";
import { echoesQuestion } from "../message-bytes.js";
import type { DnsTransport } from "../transport.js";

/** A query id nobody can guess (RFC 5452 section 9.2). */
export function randomQueryId(): number {
  return randomInt(0, 65_536);
}

/** DNS over UDP and TCP, one socket per query: the kernel picks a fresh random port each time (RFC 5452 section 9.2). */
export const udpTcpTransport: DnsTransport = {
  exchange(server, query, protocol, timeoutMs) {
    const address = splitHostPort(server);
    if (!address.ok) return Promise.resolve(fail(address.error));
    const { host, port } = address.value;
    return protocol === "udp" ? overUdp({ host, port, query, timeoutMs }) : overTcp({ host, port, query, timeoutMs });
  },
};

interface Exchange {
  readonly host: string;
  readonly port: number;
  readonly query: Buffer;
  readonly timeoutMs: number;
}

/** The socket is connected: the kernel drops datagrams of anybody else, and tells when the port is closed. */
function overUdp({ host, port, query, timeoutMs }: Exchange): Promise<Result<Buffer>> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const once = onlyOnce((result: Result<Buffer>) => {
      clearTimeout(timer);
      socket.close();
      resolve(result);
    });
    const timer = setTimeout(() => once(fail(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on("error", (error) => once(fail(error.message)));
    // Forged or late datagrams do not end the wait for the real one.
    socket.on("message", (reply) => {
      if (echoesQuestion(reply, query)) once(ok(reply));
    });
    socket.on("connect", () => socket.send(query));
    socket.connect(port, host);
  });
}

/** RFC 1035 section 4.2.2: two bytes of length before each message, which also bounds what is kept. */
function overTcp({ host, port, query, timeoutMs }: Exchange): Promise<Result<Buffer>> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let received: Buffer = Buffer.alloc(0);
    const once = onlyOnce((result: Result<Buffer>) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    });
    const timer = setTimeout(() => once(fail(`no whole answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on("error", (error) => once(fail(error.message)));
    socket.on("close", () => once(fail(`the connection was closed after ${received.byteLength} bytes`)));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.byteLength < 2 || received.byteLength < 2 + received.readUInt16BE(0)) return;
      const reply = received.subarray(2, 2 + received.readUInt16BE(0));
      once(echoesQuestion(reply, query) ? ok(reply) : fail("the reply does not belong to the query"));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.byteLength);
    socket.write(Buffer.concat([length, query]));
  });
}

function onlyOnce<T>(then: (value: T) => void): (value: T) => void {
  let done = false;
  return (value) => {
    if (done) return;
    done = true;
    then(value);
  };
}
