// Another proxy in JavaScript, as its documentation would have it: node proxy-peer-main.js NAME LANES.
import type { Lane } from "./proxy/lane.js";
import type { StartPeer } from "./proxy/peers/peer.js";

/** One is loaded, so that its process holds nothing of the others. */
const peers: Readonly<Record<string, () => Promise<{ readonly start: StartPeer }>>> = {
  undici: () => import("./proxy/peers/undici.js"),
  "node-http": () => import("./proxy/peers/node-http.js"),
  fastify: () => import("./proxy/peers/fastify.js"),
  httpxy: () => import("./proxy/peers/httpxy.js"),
  "node-net": () => import("./proxy/peers/node-net.js"),
  "http-proxy-3": () => import("./proxy/peers/http-proxy-3.js"),
};

const [name = "", lanes = "[]"] = process.argv.slice(2);
const peer = await peers[name]?.();
if (peer === undefined) throw new Error(`no peer called ${name}`);
for (const lane of JSON.parse(lanes) as readonly Lane[]) await peer.start(lane);
