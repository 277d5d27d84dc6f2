import { connect } from "node:net";

/**
 * Ends anybody's session. The server checks a session's password but does not draw it at random: it is 16 bytes of
 * java.util.Random seeded with the session id and a constant (SessionTrackerImpl and ZooKeeperServer.generatePasswd in
 * ZooKeeper 3.x), so the id is enough to join the session and to close it. The owner finds itself disconnected and, on
 * its next attempt, told that the session has expired: exactly what a time-out looks like, without the wait.
 *
 * Joining a session takes it away from its owner, who takes it back as soon as it can: joining and closing go out
 * together, and again until the server no longer knows the session.
 * @param sessionId hex, as in `cons`
 */
export async function expireSession(port: number, sessionId: string): Promise<void> {
  const id = BigInt(`0x${sessionId}`);
  if (!(await joinAndClose(port, id))) throw new Error(`ZooKeeper has no session ${sessionId}`);
  for (let tries = 0; tries < maxTries; tries++) {
    if (!(await joinAndClose(port, id))) return;
  }
  throw new Error(`ZooKeeper session ${sessionId} is still there after ${maxTries} tries to close it`);
}

/** One is nearly always enough. */
const maxTries = 50;

/** False when the server does not know the session. A connection that breaks (the owner was quicker) leaves it to the next try. */
function joinAndClose(port: number, id: bigint): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.concat([framed(connectRequest(id)), framed(closeRequest())])));
    socket.setTimeout(15_000, () => socket.destroy(new Error("ZooKeeper did not answer within 15 s")));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve(true) : reject(error)));
    // Length, protocol version, time-out, then the session id: 0 when the server does not know it.
    socket.once("close", () => resolve(received.length < 20 || received.readBigInt64BE(12) !== 0n));
  });
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** ConnectRequest: protocolVersion, lastZxidSeen, timeOut, sessionId, passwd, readOnly. */
function connectRequest(id: bigint): Buffer {
  const message = Buffer.alloc(45);
  message.writeInt32BE(30_000, 12);
  message.writeBigInt64BE(BigInt.asIntN(64, id), 16);
  message.writeInt32BE(16, 24);
  passwordOf(id).copy(message, 28);
  return message;
}

/** RequestHeader: xid 1, type -11 (closeSession). */
function closeRequest(): Buffer {
  const message = Buffer.alloc(8);
  message.writeInt32BE(1, 0);
  message.writeInt32BE(-11, 4);
  return message;
}

const superSecret = 0xb3415c00n;
const mask48 = (1n << 48n) - 1n;

/** java.util.Random(id ^ superSecret).nextBytes(new byte[16]): a 48-bit linear congruential generator, 4 bytes a step. */
function passwordOf(id: bigint): Buffer {
  let seed = (id ^ superSecret ^ 0x5deece66dn) & mask48;
  const password = Buffer.alloc(16);
  for (let at = 0; at < 16; at += 4) {
    seed = (seed * 0x5deece66dn + 0xbn) & mask48;
    password.writeUInt32LE(Number(seed >> 16n), at);
  }
  return password;
}
