// A channel of unmodified @grpc/grpc-js-xds: calls `xds:///SERVICE` every 20 ms and prints who answered, or why nobody did.
// usage: grpc-js-xds-client-main.js SERVICE (bootstrap in GRPC_XDS_BOOTSTRAP_CONFIG)

import { Client, credentials } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";

register();
const asIs = (bytes: Buffer): Buffer => bytes;
const client = new Client(`xds:///${process.argv[2]}`, credentials.createInsecure());

function call(): void {
  const deadline = Date.now() + 5_000;
  client.makeUnaryRequest("/demo.Echo/Say", asIs, asIs, Buffer.from("x"), { deadline }, (error, answer) => {
    process.stdout.write(error === null ? `ok ${String(answer)}\n` : `failed ${error.code} ${error.details}\n`);
    setTimeout(call, 20);
  });
}

call();
