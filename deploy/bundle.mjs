#!/usr/bin/env node
// Bundles a built program into one file that needs nothing but Node: deploy/bundle/NAME.mjs.
//   node bundle.mjs                 every program that is built
//   node bundle.mjs sidecar         this one; it has to be built
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const PROGRAMS = {
  "control-plane": "control-plane/dist/main.js",
  sidecar: "sidecar/dist/main.js",
  injector: "deploy/dist/main.js",
};

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(PROGRAMS).filter((name) => existsSync(root + PROGRAMS[name]));
const missing = names.find((name) => !(name in PROGRAMS) || !existsSync(root + PROGRAMS[name]));
if (missing !== undefined || names.length === 0) {
  const known = Object.keys(PROGRAMS).join(", ");
  console.error(
    `bundle: ${missing === undefined ? "nothing is built" : `${missing} is not built`}; the programs are ${known}, and \`npm run build\` builds them`,
  );
  process.exit(1);
}

for (const name of names) {
  await build({
    entryPoints: [root + PROGRAMS[name]],
    outfile: `${root}deploy/bundle/${name}.mjs`,
    bundle: true,
    // Node keeps the text for as long as the process lives.
    minifyWhitespace: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    // Stack traces then name the functions of the sources.
    keepNames: true,
    legalComments: "none",
    logLevel: "warning",
    // Packages written as CommonJS call require for Node's own modules; an ES module has none.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  console.log(`deploy/bundle/${name}.mjs`);
}
