import { type DnsTransport, questionIn } from "./dns-changes.js";
import { DnsFrames } from "./dns-frames.js";
import { type Fault, PASS } from "./fault.js";
import { freePort } from "./ports.js";
import { type RelayPorts, type RelayWatch, TcpRelay } from "./tcp-relay.js";
import { stopLater, stoppedAlready } from "./teardown.js";
import { UdpRelay } from "./udp-relay.js";

/** Stands between a plane and a server on this machine and does to their traffic what it is told. */
export type FaultProxy = {
  readonly port: number;
  /** host:port, as it goes into a config in the server's place. */
  readonly address: string;
  /** From now on this fault, on open connections as well as new ones. Resolves when it is in force. */
  set(fault: Fault): Promise<void>;
  /** Resets the connections open now; new ones are under the fault in force. */
  cut(): void;
  /** TCP connections accepted so far, and those whose client is still there. */
  connections(): { readonly accepted: number; readonly open: number };
  stop(): Promise<void>;
};

/** A fault proxy for a DNS server: TCP and UDP on one port, with a record of what was asked. */
export type DnsFaultProxy = FaultProxy & {
  /** One transport only. */
  setUdp(fault: Fault): Promise<void>;
  setTcp(fault: Fault): Promise<void>;
  /** What arrived so far, answered or not: the first 200,000. */
  questions(): readonly AskedQuestion[];
};

/** A question that a client has sent. */
export type AskedQuestion = {
  readonly name: string;
  readonly type: string;
  readonly transport: DnsTransport;
  /** By performance.now(). */
  readonly atMs: number;
};

const keptQuestions = 200_000;
const noWatch: RelayWatch = { request: () => undefined };

/** Starts a proxy in front of a TCP server such as ZooKeeper. It stops with its test. */
export async function startFaultProxy(server: { readonly port: number }): Promise<FaultProxy> {
  const ports = { listen: await freePort(), server: server.port };
  const tcp = new TcpRelay(ports, PASS, () => noWatch);
  await tcp.set(PASS);
  return proxyOf(ports, tcp, { set: (fault) => tcp.set(fault), stop: () => tcp.stop() });
}

/** Starts a proxy in front of a DNS server. It stops with its test. */
export async function startDnsFaultProxy(server: { readonly port: number }): Promise<DnsFaultProxy> {
  const ports = { listen: await freePort(), server: server.port };
  const asked: AskedQuestion[] = [];
  const note = (message: Buffer, transport: DnsTransport): void => {
    const question = questionIn(message);
    if (question === undefined || asked.length >= keptQuestions) return;
    asked.push({ ...question, transport, atMs: performance.now() });
  };
  const tcp = new TcpRelay(ports, PASS, () => {
    const frames = new DnsFrames();
    return {
      request: (bytes) => {
        for (const message of frames.push(bytes)) note(message, "tcp");
      },
    };
  });
  const udp = new UdpRelay(ports, PASS, { request: (bytes) => note(bytes, "udp") });
  await Promise.all([tcp.set(PASS), udp.set(PASS)]);
  return {
    ...proxyOf(ports, tcp, {
      set: async (fault) => void (await Promise.all([tcp.set(fault), udp.set(fault)])),
      stop: async () => void (await Promise.all([tcp.stop(), udp.stop()])),
    }),
    setTcp: (fault) => tcp.set(fault),
    setUdp: (fault) => udp.set(fault),
    questions: () => asked,
  };
}

function proxyOf(ports: RelayPorts, tcp: TcpRelay, both: { set(fault: Fault): Promise<void>; stop(): Promise<void> }): FaultProxy {
  const thing = { name: `fault proxy :${ports.listen} -> :${ports.server}`, stop: both.stop };
  stopLater(thing);
  return {
    port: ports.listen,
    address: `127.0.0.1:${ports.listen}`,
    set: both.set,
    cut: () => tcp.cut(),
    connections: () => tcp.counts,
    stop: () => {
      stoppedAlready(thing);
      return both.stop();
    },
  };
}
