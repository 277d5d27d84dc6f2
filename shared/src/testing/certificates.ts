// X.509 certificates for tests (RFC 5280), written as DER: a dozen lines of structure, and no tool or package needed.

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A certificate and its private key, PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says beside its common name. */
export interface IssueOptions {
  /** Subject alternative names; by default the address 127.0.0.1. */
  readonly names?: readonly CertificateName[];
  /** Ends on that day of the past instead of in 2099: an expired one. */
  readonly expired?: true;
  /** Wall milliseconds at which it ends, to the second. */
  readonly endsAtMs?: number;
}

export type CertificateName = { readonly uri: string } | { readonly dns: string } | { readonly ip: "127.0.0.1" };

/** A certificate authority made for one test. */
export class Authority {
  readonly pem: string;
  readonly #key: KeyObject;
  readonly #name: string;
  #serial = 1;

  /** Two authorities of one name are told apart by their keys alone. */
  constructor(name = "test authority") {
    this.#name = name;
    const { publicKey, privateKey } = newKeys();
    this.#key = privateKey;
    const content = { subject: name, issuer: name, serial: 1, publicKey, signer: privateKey };
    this.pem = certificate({ ...content, endsAt: FAR, extensions: [IS_AUTHORITY] });
  }

  /** A certificate with a key of its own. */
  issue(name: string, { names = [{ ip: "127.0.0.1" }], expired, endsAtMs }: IssueOptions = {}): Issued {
    const { publicKey, privateKey } = newKeys();
    this.#serial += 1;
    const endsAt = expired ? PAST : endsAtMs === undefined ? FAR : timeText(endsAtMs);
    const content = { subject: name, issuer: this.#name, serial: this.#serial, publicKey, signer: this.#key, endsAt };
    const cert = certificate({ ...content, extensions: names.length === 0 ? [] : [alternativeNames(names)] });
    return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
  }
}

interface Content {
  readonly subject: string;
  readonly issuer: string;
  /** 1 to 127. */
  readonly serial: number;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  /** YYYYMMDDHHMMSSZ. */
  readonly endsAt: string;
  readonly extensions: readonly Buffer[];
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
};
const OID = { ecdsaSha256: "2a8648ce3d040302", commonName: "550403", basicConstraints: "551d13", subjectAltName: "551d11" };

const TRUE = der(TAG.boolean, Buffer.of(0xff));
const IS_AUTHORITY = sequence(oid(OID.basicConstraints), TRUE, der(TAG.octets, sequence(TRUE)));
/** Long ago, a day later, and after every test. */
const START = "20200101000000Z";
const PAST = "20200102000000Z";
const FAR = "20991231235959Z";
/** Context tags of GeneralName (RFC 5280 section 4.2.1.6). */
const NAME_TAG = { dns: 0x82, uri: 0x86, ip: 0x87 };

function alternativeNames(names: readonly CertificateName[]): Buffer {
  return sequence(oid(OID.subjectAltName), der(TAG.octets, sequence(...names.map(generalName))));
}

function generalName(name: CertificateName): Buffer {
  if ("uri" in name) return der(NAME_TAG.uri, Buffer.from(name.uri));
  if ("dns" in name) return der(NAME_TAG.dns, Buffer.from(name.dns));
  return der(NAME_TAG.ip, Buffer.of(127, 0, 0, 1));
}

/** Two digits of the year until 2049, four after it (RFC 5280 section 4.1.2.5): BoringSSL takes nothing else. */
function time(text: string): Buffer {
  return text < "2050" ? der(TAG.utcTime, Buffer.from(text.slice(2))) : der(TAG.time, Buffer.from(text));
}

function timeText(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}

function certificate({ subject, issuer, serial, publicKey, signer, endsAt, extensions }: Content): string {
  const algorithm = sequence(oid(OID.ecdsaSha256));
  const signed = sequence(
    der(0xa0, der(TAG.integer, Buffer.of(2))), // version 3
    der(TAG.integer, Buffer.of(serial)),
    algorithm,
    commonName(issuer),
    sequence(time(START), time(endsAt)),
    commonName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
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
