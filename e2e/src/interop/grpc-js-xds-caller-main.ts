// Unmodified @grpc/grpc-js-xds that calls several services at once, as its standard input says; see calling-client.ts for the lines.
// usage: grpc-js-xds-caller-main.js (bootstrap in GRPC_XDS_BOOTSTRAP_CONFIG)

import { createInterface } from "node:readline";
import { Client, credentials } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";

const PACE_MS = 25;
const DEADLINE_MS = 10_000;

register();
const asIs = (bytes: Buffer): Buffer => bytes;
const say = (line: string) => process.stdout.write(`${line}\n`);
const called = new Set<string>();

function start(service: string): void {
  called.add(service);
  const client = new Client(`xds:///${service}`, credentials.createInsecure());
  const next = (): void => {
    if (!called.has(service)) {
      client.close();
      say(`stopped ${service}`);
      return;
    }
    const deadline = Date.now() + DEADLINE_MS;
    client.makeUnaryRequest("/demo.Echo/Say", asIs, asIs, Buffer.from("x"), { deadline }, (error, answer) => {
      say(error === null ? `ok ${service} ${answer}` : `failed ${service} ${error.code} ${error.details}`);
      setTimeout(next, PACE_MS);
    });
  };
  next();
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [verb, service = ""] = line.split(" ");
  if (verb === "call") start(service);
  else called.delete(service);
});
