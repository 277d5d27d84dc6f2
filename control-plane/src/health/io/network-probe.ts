import type { Probe } from "../checks/probe.js";
import { httpProbe } from "./http-probe.js";
import { tcpProbe } from "./tcp-probe.js";

/** Checks over the network of this host. */
export const networkProbe: Probe = {
  send({ check, ...at }) {
    return check.type === "tcp" ? tcpProbe(at.ip, at.port, check.timeoutMs) : httpProbe({ ...at, check });
  },
};
