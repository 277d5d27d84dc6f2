// Another proxy in JavaScript, as its documentation would have it: node proxy-peer-main.js NAME LANES.
import type { Lane } from "./proxy/lane.js";
import type { StartPeer } from "./proxy/peers/peer.js";

const [name = "", lanes = "[]"] = process.argv.slice(2);
const { start } = (await import(`./proxy/peers/${name}.js`)) as { readonly start: StartPeer };
for (const lane of JSON.parse(lanes) as readonly Lane[]) await start(lane);
