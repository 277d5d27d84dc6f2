import { createSocket } from "node:dgram";
import { type Answer, decode, encode, type RecordType } from "dns-packet";

/** What a server said: its response code as a word (NOERROR, NXDOMAIN ...), whether it left something out, and the answer section. */
export type DnsReply = { readonly code: string; readonly truncated: boolean; readonly answers: readonly Answer[] };

/** Asks a server on 127.0.0.1 one question over UDP. Rejects when there is no answer within 10 s. */
export function askDns(port: number, name: string, type: RecordType): Promise<DnsReply> {
  const id = Math.floor(Math.random() * 65_536);
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const end = (finish: () => void): void => {
      clearTimeout(timer);
      socket.close();
      finish();
    };
    const timer = setTimeout(() => end(() => reject(new Error(`no answer for ${name} ${type} within 10 s`))), 10_000);
    socket.once("error", (error) => end(() => reject(error)));
    socket.on("message", (message) => {
      const packet = decode(message);
      if (packet.id !== id) return;
      end(() => resolve({ code: codeOf(message), truncated: packet.flag_tc, answers: packet.answers ?? [] }));
    });
    // Connected, so that a port where nothing listens is an error at once.
    socket.connect(port, "127.0.0.1", () =>
      socket.send(encode({ type: "query", id, questions: [{ type, name: name.replace(/\.$/, "") }] })),
    );
  });
}

/** RFC 1035 section 4.1.1: the low four bits of the header's fourth byte. */
function codeOf(message: Buffer): string {
  const code = (message[3] ?? 0) & 15;
  return ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"][code] ?? `RCODE${code}`;
}
