// How the two DNS servers of the ring are configured, started and told that their zone file has changed.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
/** A program and its arguments. */
export type Command = { readonly command: string; readonly args: readonly string[] };

/** What a server program is to serve. */
export type ServerPlace = {
  readonly folder: string;
  readonly port: number;
  /** For the server's own control, a TCP port of 127.0.0.1. */
  readonly controlPort: number;
  /** Absolute, with its dot; its content is FOLDER/zone. */
  readonly zone: string;
  /** Longer answers over UDP are truncated. */
  readonly udpBytes: number;
};

/** Writes the configuration and gives what starts the server and what makes it read its zone again. */
export type ServerProgram = (place: ServerPlace) => { readonly start: Command; readonly reload: Command };

/** Knot: answers in the zone's order; a truncated answer is empty. */
export const knot: ServerProgram = ({ folder, port, zone, udpBytes }) => {
  const config = join(folder, "knot.conf");
  mkdirSync(join(folder, "run"));
  writeFileSync(
    config,
    `
server:
  rundir: ${folder}/run
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: ${udpBytes}
control:
  listen: ${folder}/run/control
log:
  - target: stderr
    any: info
database:
  storage: ${folder}/run
zone:
  - domain: ${zone}
    storage: ${folder}
    file: zone
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
`,
  );
  return {
    start: { command: "/usr/sbin/knotd", args: ["--config", config] },
    reload: { command: "/usr/sbin/knotc", args: ["--config", config, "zone-reload", zone] },
  };
};

/** BIND: answers in random order; a truncated answer carries as many records as fit. */
export const bind: ServerProgram = ({ folder, port, controlPort, zone, udpBytes }) => {
  const config = join(folder, "named.conf");
  const rndcConfig = join(folder, "rndc.conf");
  // Who can read the folder of a test may also reload its zone.
  const key = `key "rndc" { algorithm hmac-sha256; secret "ZmFpcmxlYWQtZTJlLXpvbmUtcmVsb2Fk"; };\n`;
  writeFileSync(
    config,
    `
options {
  directory "${folder}";
  pid-file "${folder}/named.pid";
  session-keyfile "${folder}/session.key";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  allow-transfer { none; };
  notify no;
  minimal-responses yes;
  max-udp-size ${udpBytes};
  rrset-order { order random; };
  max-records-per-type 0;
  tcp-clients 500;
};
${key}
controls { inet 127.0.0.1 port ${controlPort} allow { 127.0.0.1; } keys { "rndc"; }; };
zone "${zone}" { type primary; file "${folder}/zone"; check-names ignore; };
`,
  );
  writeFileSync(rndcConfig, `${key}options { default-key "rndc"; default-server 127.0.0.1; default-port ${controlPort}; };\n`);
  return {
    start: { command: "/usr/sbin/named", args: ["-g", "-n", "1", "-c", config] },
    reload: { command: "/usr/sbin/rndc", args: ["-c", rndcConfig, "reload", zone] },
  };
};
