#!/usr/bin/env node
// Bundles a built program into one file that needs nothing but Node: deploy/bundle/NAME.mjs.
//   node bundle.mjs                 every program that is built
//   node bundle.mjs sidecar         this one; it has to be built
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

/**
 * npm installs a package once for each that needs it where the top has another version of it. Of copies that say the same name and version
 * the first that is met serves all: each would be text, and what runs of it, for as long as the process lives.
 */
function oneCopyEach() {
  const first = new Map();
  const resolving = Symbol("oneCopyEach");
  return {
    name: "one-copy-each",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...asked }) => {
        if (pluginData === resolving) return undefined;
        const found = await resolve(path, { ...asked, pluginData: resolving });
        const folder = packageFolder(found.path);
        // Whatever is none of a package is esbuild's: our own files, Node's modules, and what is missing where that is provided for.
        if (found.errors.length > 0 || found.external || folder === undefined) return undefined;
        const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const copy = first.get(`${name}@${version}`) ?? folder;
        first.set(`${name}@${version}`, copy);
        return { ...found, path: join(copy, found.path.slice(folder.length)) };
      });
    },
  };
}

/** The installed package that a file belongs to; undefined for one of ours. */
function packageFolder(file) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

for (const name of names) {
  await build({
    entryPoints: [root + PROGRAMS[name]],
    outfile: `${root}deploy/bundle/${name}.mjs`,
    bundle: true,
    // Node keeps the text for as long as the process lives.
    minifyWhitespace: true,
    minifySyntax: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    // Stack traces then name the functions of the sources. Shorter identifiers would take classes and private methods out of them.
    keepNames: true,
    legalComments: "none",
    logLevel: "warning",
    plugins: [oneCopyEach()],
    // Packages written as CommonJS call require for Node's own modules; an ES module has none.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  console.log(`deploy/bundle/${name}.mjs`);
}
