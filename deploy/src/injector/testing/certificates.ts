// X.509 certificates for tests (RFC 5280), written as DER: a dozen lines of structure, and no tool or package needed.

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A certificate and its private key, PEM. */
interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority made for one test. */
export class Authority {
  readonly pem: string;
  readonly #key: KeyObject;
  #serial = 1;

  constructor() {
    const { publicKey, privateKey } = newKeys();
    this.#key = privateKey;
    this.pem = certificate({ subject: AUTHORITY, serial: 1, publicKey, signer: privateKey, extensions: [IS_AUTHORITY] });
  }

  /** A server certificate for 127.0.0.1 with a key of its own. */
  issue(name: string): Issued {
    const { publicKey, privateKey } = newKeys();
    this.#serial += 1;
    const cert = certificate({ subject: name, serial: this.#serial, publicKey, signer: this.#key, extensions: [IS_LOOPBACK] });
    return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
  }
}

interface Content {
  readonly subject: string;
  /** 1 to 127. */
  readonly serial: number;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
}

const AUTHORITY = "test authority";
const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x18, sequence: 0x30, set: 0x31 };
const OID = { ecdsaSha256: "2a8648ce3d040302", commonName: "550403", basicConstraints: "551d13", subjectAltName: "551d11" };

const TRUE = der(TAG.boolean, Buffer.of(0xff));
const IS_AUTHORITY = sequence(oid(OID.basicConstraints), TRUE, der(TAG.octets, sequence(TRUE)));
/** [7] is an IP address. */
const IS_LOOPBACK = sequence(oid(OID.subjectAltName), der(TAG.octets, sequence(der(0x87, Buffer.of(127, 0, 0, 1)))));
/** No test looks at the dates; they only have to hold when it runs. */
const VALIDITY = sequence(der(TAG.time, Buffer.from("20200101000000Z")), der(TAG.time, Buffer.from("20991231235959Z")));

function certificate({ subject, serial, publicKey, signer, extensions }: Content): string {
  const algorithm = sequence(oid(OID.ecdsaSha256));
  const signed = sequence(
    der(0xa0, der(TAG.integer, Buffer.of(2))), // version 3
    der(TAG.integer, Buffer.of(serial)),
    algorithm,
    commonName(AUTHORITY),
    VALIDITY,
    commonName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(TAG.bits, Buffer.of(0), sign("sha256", signed, signer));
  const lines =
    sequence(signed, algorithm, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function newKeys() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function commonName(text: string): Buffer {
  return sequence(der(TAG.set, sequence(oid(OID.commonName), der(TAG.utf8, Buffer.from(text)))));
}

function oid(hex: string): Buffer {
  return der(TAG.oid, Buffer.from(hex, "hex"));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(TAG.sequence, ...parts);
}

/** Tag, length, content (X.690 section 8.1); nothing here reaches 64 KiB. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}
