import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Top of the checkout. The same from src (run by vitest) and from dist (run by Node): both are three folders below it. */
export const repositoryTop = fileURLToPath(new URL("../../..", import.meta.url));

/** What the ring runs as separate processes: always the built files, as a user would. */
export const built = {
  backend: join(repositoryTop, "e2e/dist/harness/backend-main.js"),
  controlPlane: join(repositoryTop, "control-plane/dist/main.js"),
  fastClockPlane: join(repositoryTop, "e2e/dist/harness/fast-clock-plane-main.js"),
  sidecar: join(repositoryTop, "sidecar/dist/main.js"),
};

/** A real server that exists for some platforms only: where it is, or why it is not here. */
export type Prepared =
  | { readonly ok: true; readonly path: string; readonly version: string }
  | { readonly ok: false; readonly reason: string };

/** What `prepare.mjs --servers` found or installed. Throws when it has not run. */
export function preparedServers(): Readonly<Record<"envoy" | "node24" | "grpcGo" | "grpcJava", Prepared>> {
  const file = join(repositoryTop, ".servers/status.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof preparedServers>;
  } catch (error) {
    throw new Error(`${file} cannot be read: run \`node e2e/prepare.mjs --servers\` first`, { cause: error });
  }
}
