export { networkProbe } from "./network-probe.js";
