// That a proxy gives what its origins have, before and after what is measured.

import { connect } from "node:net";
import { httpRequest } from "../../harness/http-request.js";
import { until } from "../../harness/until.js";
import { BODIES } from "./cells.js";
import type { Contestant } from "./contestant.js";
import { HOST, type Lane } from "./lane.js";
import { BLOCK } from "./pattern.js";

/** It gives every body as the origin has it, sends back what it is sent, and lets the pattern through. */
export async function untilRight({ name, lanes }: Contestant): Promise<void> {
  for (const lane of lanes) await until(`${name} to give what is behind ${lane.name} as it is`, () => isRight(lane));
}

async function isRight({ name, port }: Lane): Promise<true> {
  switch (name) {
    case "files":
      for (const [file, body] of Object.entries(BODIES)) await holdsAnswer(port, `/${file}`, body);
      return true;
    case "replies":
      // The client of its cells holds every answer against what it has to be.
      return true;
    case "echo":
      return holdsBytes(port, BLOCK, BLOCK);
    case "source":
      return holdsBytes(port, Buffer.from("!"), BLOCK);
  }
}

async function holdsAnswer(port: number, path: string, body: Buffer): Promise<void> {
  const answer = await httpRequest({ port, path, headers: { host: HOST } });
  if (answer.status !== 200 || answer.body !== body.toString("latin1")) throw new Error(`${answer.status}: ${answer.body.slice(0, 200)}`);
}

/** What comes back begins with `expected`. */
function holdsBytes(port: number, sent: Buffer, expected: Buffer): Promise<true> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    let length = 0;
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`closed after ${length} bytes`)));
    socket.on("data", (bytes) => {
      received.push(bytes);
      length += bytes.length;
      if (length < expected.length) return;
      if (Buffer.concat(received).subarray(0, expected.length).equals(expected)) resolve(true);
      else reject(new Error("other bytes than the origin has"));
      socket.destroy();
    });
    socket.write(sent);
  });
}
