import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Authority, IssueOptions } from "@fairlead/shared/testing";
import { temporaryFolder } from "./teardown.js";

/** PEM files, as configurations name them. */
export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Writes a new certificate of this authority into a folder, over what is there, and the authority beside it. */
export function writeCertificate(
  authority: Authority,
  name: string,
  { folder = temporaryFolder("certificates"), ...options }: IssueOptions & { readonly folder?: string } = {},
): CertificateFiles {
  mkdirSync(folder, { recursive: true });
  const files = { ca: join(folder, "ca.pem"), cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const { cert, key } = authority.issue(name, options);
  writeFileSync(files.ca, authority.pem);
  writeFileSync(files.key, key);
  writeFileSync(files.cert, cert);
  return files;
}
