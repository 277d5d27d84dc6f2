// A server of raw sockets behind a proxy: it keeps every octet that each connection brings, and answers by a reader of its own.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { readRequest } from "@fairlead/shared/testing";
import { stopLater } from "../harness/teardown.js";

const SERVED = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved";
const BAD = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

interface Heard {
  readonly socket: Socket;
  text: string;
  /** How much of it has been answered. */
  answered: number;
  continued: boolean;
}

export class RecordingOrigin {
  readonly #server: Server;
  #connections: Heard[] = [];
  /** Said once on each connection that brings a request, then its end; without one, every whole request is served. */
  #answer: string | undefined;
  lastHeardMs = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#take(socket));
  }

  static async start(): Promise<RecordingOrigin> {
    const server = createServer({ noDelay: true });
    const origin = new RecordingOrigin(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stopLater({ name: "recording origin", stop: () => origin.stop() });
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What each connection since `begin` has brought, one character per octet. */
  get heard(): readonly string[] {
    return this.#connections.map(({ text }) => text);
  }

  /** Forgets and closes what there was. */
  begin(answer?: string): void {
    for (const { socket } of this.#connections) socket.destroy();
    this.#connections = [];
    this.#answer = answer;
  }

  stop(): void {
    this.begin();
    this.#server.close();
  }

  #take(socket: Socket): void {
    const heard: Heard = { socket, text: "", answered: 0, continued: false };
    this.#connections.push(heard);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      heard.text += bytes.toString("latin1");
      this.lastHeardMs = performance.now();
      if (this.#answer === undefined) this.#serve(heard);
      else if (heard.text.includes("\r\n\r\n") && heard.answered === 0) {
        heard.answered = heard.text.length;
        socket.end(Buffer.from(this.#answer, "latin1"));
      }
    });
  }

  #serve(heard: Heard): void {
    for (;;) {
      const left = heard.text.slice(heard.answered);
      const read = readRequest(left);
      if (read.kind === "message") {
        heard.answered = heard.text.length - read.rest.length;
        heard.continued = false;
        heard.socket.write(read.message.line.startsWith("HEAD ") ? SERVED.slice(0, -6) : SERVED);
        if (read.rest !== "") continue;
      } else if (read.kind === "fault") heard.socket.end(BAD);
      else if (!heard.continued && /\r\nexpect:[ \t]*100-continue.*\r\n\r\n/is.test(left)) {
        heard.continued = true;
        heard.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      return;
    }
  }
}
