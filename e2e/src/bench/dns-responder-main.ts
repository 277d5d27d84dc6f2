// A DNS server that is never what a bench measures: node dns-responder-main.js PORT TTL-SECONDS BIG-RECORDS. Over UDP every
// A question has one address made from the number in its name; `big.` has BIG-RECORDS of them, over TCP, in another order
// each time. Reports over the message channel when asked.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { ResponderReport } from "./dns/responder-protocol.js";

const [port = 0, ttlSeconds = 5, bigRecords = 4_000] = process.argv.slice(2).map(Number);

const HEADER_BYTES = 12;
/** Response, authoritative, recursion desired as asked. */
const FLAGS = 0x8500;
const TRUNCATED = 0x0200;
const RECORD_BYTES = 16;

/** By name: when it was last asked, and whether an answer had run out by then. */
const lastAskedMs = new Map<string, number>();
const late = new Set<string>();
let questions = 0;

const big = Array.from({ length: bigRecords }, (_, index) => index);

function answer(query: Buffer, overTcp: boolean): Buffer {
  const { name, end } = questionIn(query);
  note(name);
  if (!name.startsWith("big.")) return response(query, end, { flags: FLAGS, addresses: [Number(/\d+/.exec(name)?.[0] ?? 0)] });
  if (!overTcp) return response(query, end, { flags: FLAGS | TRUNCATED, addresses: [] });
  shuffle(big);
  return response(query, end, { flags: FLAGS, addresses: big });
}

/** The question ends four bytes after its name's last label. */
function questionIn(query: Buffer): { readonly name: string; readonly end: number } {
  let at = HEADER_BYTES;
  let name = "";
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    name += `${query.toString("latin1", at + 1, at + 1 + length)}.`;
    at += 1 + length;
  }
  return { name, end: at + 5 };
}

function response(
  query: Buffer,
  end: number,
  { flags, addresses }: { readonly flags: number; readonly addresses: readonly number[] },
): Buffer {
  const reply = Buffer.alloc(end + addresses.length * RECORD_BYTES);
  query.copy(reply, 0, 0, end);
  reply.writeUInt16BE(flags, 2);
  reply.writeUInt16BE(addresses.length, 6);
  reply.writeUInt32BE(0, 8);
  let at = end;
  for (const address of addresses) {
    // The name is the question's, twelve bytes in; type A, class IN, TTL, four bytes of data.
    reply.writeUInt16BE(0xc00c, at);
    reply.writeUInt32BE(0x0001_0001, at + 2);
    reply.writeUInt32BE(ttlSeconds, at + 6);
    reply.writeUInt16BE(4, at + 10);
    reply.writeUInt32BE(0x0a00_0000 + address, at + 12);
    at += RECORD_BYTES;
  }
  return reply;
}

function note(name: string): void {
  questions += 1;
  const nowMs = performance.now();
  const before = lastAskedMs.get(name);
  if (before !== undefined && nowMs - before > ttlSeconds * 1_000) late.add(name);
  lastAskedMs.set(name, nowMs);
}

function shuffle(items: number[]): void {
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [items[at], items[other]] = [items[other] ?? 0, items[at] ?? 0];
  }
}

const udp = createSocket("udp4");
udp.on("message", (query, peer) => udp.send(answer(query, false), peer.port, peer.address));
const tcp = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.on("data", (framed: Buffer) => {
    const reply = answer(framed.subarray(2), true);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(reply.length);
    socket.write(Buffer.concat([length, reply]));
  });
});
udp.bind(port, "127.0.0.1", () => {
  // 10,000 questions may come at once.
  udp.setRecvBufferSize(4 * 1_024 * 1_024);
  tcp.listen(port, "127.0.0.1", () => report(true));
});

/** Any message asks for a report and begins a new count. */
process.on("message", () => {
  report(false);
  questions = 0;
  late.clear();
});
process.on("disconnect", () => process.exit(0));

function report(begun: boolean): void {
  process.send?.({ begun, questions, lateNames: late.size } satisfies ResponderReport);
}
