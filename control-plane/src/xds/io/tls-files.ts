// The certificate of the xDS port, read from its files and read again when they change.

import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import {
  Cell,
  type Clock,
  type Closable,
  type CounterMetric,
  fail,
  type Log,
  type Metrics,
  ok,
  type Result,
  type Watchable,
} from "@fairlead/shared";
import { type FileContents, readFiles, watchFiles } from "@fairlead/shared/io";
import { daysLeft, type TlsState, type XdsTls } from "../tls-state.js";

export interface TlsFilesDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What new connections are met with. */
export interface TlsMaterial {
  readonly context: SecureContextOptions;
  /** Fingerprints of the authorities whose clients are believed. */
  readonly authorities: ReadonlySet<string>;
}

interface ReadTls extends TlsMaterial {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** Below this RSA key exchange without forward secrecy and broken hashes are still spoken (RFC 8996). */
const MIN_VERSION = "TLSv1.2";
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Fails where the files cannot be used now. An expired certificate can: whoever connects says so, and the rest of the plane works. */
export async function openTlsFiles(tls: XdsTls, deps: TlsFilesDeps): Promise<Result<TlsFiles>> {
  const contents = await readFiles(pathsOf(tls));
  const read = readTls(tls, contents);
  return read.ok ? ok(new TlsFiles(tls, deps, { read: read.value, contents })) : read;
}

export class TlsFiles implements Closable {
  readonly material: Cell<TlsMaterial>;
  readonly #state: Cell<TlsState>;
  readonly #tls: XdsTls;
  readonly #deps: TlsFilesDeps;
  readonly #watch: Closable;
  readonly #refusals: CounterMetric;

  constructor(tls: XdsTls, deps: TlsFilesDeps, first: { readonly read: ReadTls; readonly contents: FileContents }) {
    const { clock, log, metrics } = deps;
    this.#tls = tls;
    this.#deps = deps;
    this.material = new Cell<TlsMaterial>(first.read);
    this.#state = new Cell(this.#stateOf(first.read));
    this.#refusals = metrics.counter({
      name: "xds_tls_files_refused_total",
      help: "New contents of the xDS port's certificate files that could not be used.",
    });
    metrics.sampled("gauge", { name: "xds_certificate_days_left", help: "Days until the certificate of the xDS port ends." }, () => [
      { labels: {}, value: daysLeft(this.#state.value, clock.wallMs()) },
    ]);
    const changed = (contents: FileContents) => this.#changed(contents);
    this.#watch = watchFiles({ paths: pathsOf(tls), known: first.contents, clock, log, changed });
  }

  get state(): Watchable<TlsState> {
    return this.#state;
  }

  close(): void {
    void this.#watch.close();
  }

  #changed(contents: FileContents): void {
    const read = readTls(this.#tls, contents);
    if (!read.ok) this.#refuse(read.error);
    else if (read.value.endsAtMs <= this.#deps.clock.wallMs())
      this.#refuse(`${this.#tls.cert}: it ended on ${timeOf(read.value.endsAtMs)}`);
    else this.#take(read.value);
  }

  #take(read: ReadTls): void {
    this.#state.set(this.#stateOf(read));
    this.material.set(read);
    this.#deps.log.info("xds-certificate-renewed", { endsAt: timeOf(read.endsAtMs) });
  }

  /** Key and certificate are often replaced one after the other: what is refused in between is right a moment later. */
  #refuse(because: string): void {
    const { clock, log } = this.#deps;
    const { refused, ...inForce } = this.#state.value;
    this.#refusals.add();
    if (refused === undefined) log.error("xds-certificate-refused", { because, inForceUntil: timeOf(inForce.endsAtMs) });
    this.#state.set({ ...inForce, refused: { because, sinceMs: refused?.sinceMs ?? clock.wallMs() } });
  }

  #stateOf({ startsAtMs, endsAtMs }: ReadTls): TlsState {
    const clientsProveThemselves = this.#tls.clientCa !== undefined;
    return { startsAtMs, endsAtMs, loadedAtMs: this.#deps.clock.wallMs(), clientsProveThemselves, refused: undefined };
  }
}

function pathsOf({ cert, key, clientCa }: XdsTls): readonly string[] {
  return clientCa === undefined ? [cert, key] : [cert, key, clientCa];
}

function readTls(tls: XdsTls, contents: FileContents): Result<ReadTls> {
  const texts = new Map<string, string>();
  for (const [path, text] of contents) {
    if (!text.ok) return fail(`${path}: ${text.error}`);
    texts.set(path, text.value);
  }
  const cert = texts.get(tls.cert) ?? "";
  const key = texts.get(tls.key) ?? "";
  const chain = certificatesIn(tls.cert, cert);
  if (!chain.ok) return chain;
  const [leaf] = chain.value;
  const authorities = tls.clientCa === undefined ? ok([]) : certificatesIn(tls.clientCa, texts.get(tls.clientCa) ?? "");
  if (!authorities.ok) return authorities;
  const context = {
    cert,
    key,
    minVersion: MIN_VERSION,
    ...(tls.clientCa === undefined ? {} : { ca: texts.get(tls.clientCa) ?? "" }),
  } as const;
  try {
    createSecureContext(context);
  } catch (error) {
    return fail(`${tls.key}: ${whyUnusable(error)}`);
  }
  const fingerprints = new Set(authorities.value.map(({ fingerprint256 }) => fingerprint256));
  const { validFrom = "", validTo = "" } = leaf ?? {};
  return ok({ context, authorities: fingerprints, startsAtMs: Date.parse(validFrom), endsAtMs: Date.parse(validTo) });
}

/** OpenSSL skips what it cannot read of a list of authorities; we do not. */
function certificatesIn(path: string, text: string): Result<readonly X509Certificate[]> {
  const blocks = text.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) return fail(`${path}: there is no certificate in it (PEM)`);
  try {
    return ok(blocks.map((block) => new X509Certificate(block)));
  } catch {
    return fail(`${path}: a certificate in it cannot be read`);
  }
}

function whyUnusable(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/key values mismatch/i.test(text)) return "it is not the key of the certificate";
  if (/no start line|unsupported|DECODER/i.test(text)) return "there is no private key in it (PEM, without a password)";
  return text;
}

function timeOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
