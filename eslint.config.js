// The room table and the purity rules, as configuration. Formatting and general lint are Biome's.
import tseslint from "typescript-eslint";

/** Who may import whom: a room, and the rooms whose index it may import. */
const rooms = {
  "control-plane": {
    config: [],
    records: [],
    discovery: ["config"],
    registry: ["discovery", "records", "config"],
    health: ["registry", "records", "config"],
    coordination: ["health", "discovery", "config"],
    snapshot: ["registry", "health", "records", "config", "discovery"],
    observe: ["snapshot", "registry", "discovery", "config", "xds"],
    resources: ["snapshot", "config", "xds"],
    xds: [],
    fleet: ["xds"],
    admin: ["config", "records", "discovery", "registry", "health", "coordination", "snapshot", "observe", "resources", "xds", "fleet"],
  },
  sidecar: {
    config: [],
    endpoint: [],
    xds: ["endpoint"],
    fallback: [],
    balancer: ["endpoint"],
    resilience: ["endpoint"],
    clusters: ["endpoint", "balancer", "resilience"],
    forward: ["clusters", "balancer", "resilience", "endpoint"],
    admin: ["config", "xds", "fallback", "endpoint", "balancer", "resilience", "clusters", "forward"],
  },
  deploy: { injector: [] },
  shared: { config: [], durable: [], telemetry: [], testing: [] },
};

/** What a workspace may name of the others. `proto` and `shared` import none; the planes meet on the wire only. */
const workspaces = {
  proto: [],
  shared: [],
  "control-plane": ["proto", "shared"],
  sidecar: ["proto", "shared"],
  deploy: ["shared"],
};

const every = ["proto", "shared", "control-plane", "sidecar", "deploy", "e2e"];

/** Libraries that open sockets or files; they stand in `io/` only. */
const WORLD = ["@grpc/grpc-js", "node-zookeeper-client", "fastify", "@fastify/*", "undici", "pino"];
/** `node:` modules that only compute. Hashing goes through shared/hash. */
const PURE_NODE = ["node:buffer"];

const worldGlobals = [
  "process",
  "console",
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "performance",
  "queueMicrotask",
  "navigator",
].map((name) => ({ name, message: "The world is reachable only from io/: take it as an argument." }));
const worldProperties = [
  { object: "Date", property: "now", message: "Take a Clock." },
  { object: "Math", property: "random", message: "Take an Rng." },
];
const newDate = { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Take a Clock." };

const purity = {
  "no-restricted-globals": ["error", ...worldGlobals],
  "no-restricted-properties": ["error", ...worldProperties],
  "no-restricted-syntax": ["error", newDate],
};

function foreignWorkspaces(workspace) {
  return every
    .filter((other) => other !== workspace && !workspaces[workspace].includes(other))
    .flatMap((other) => [`@fairlead/${other}`, `@fairlead/${other}/*`]);
}

function imports(workspace, { room, allowed = [], pure }) {
  const patterns = [{ group: foreignWorkspaces(workspace), message: `${workspace} may not import this workspace.` }];
  if (room !== undefined) {
    const others = Object.keys(rooms[workspace]).filter((other) => other !== room && !allowed.includes(other));
    if (others.length > 0 && workspace !== "shared") {
      patterns.push({
        regex: `^(\\.\\./)+(${others.join("|")})/`,
        message: `Room ${room} may import ${allowed.join(", ") || "no other room"} only.`,
      });
    }
    if (allowed.length > 0) {
      patterns.push({ regex: `^(\\.\\./)+(${allowed.join("|")})/(?!index\\.js$)`, message: "Import another room through its index." });
    }
    patterns.push({ regex: "^(\\.\\./)+(app|world|main)\\.js$", message: "Rooms do not know who joins them." });
  }
  if (pure) {
    patterns.push({ regex: "(^|/)io/", message: "io/ is imported by world.ts only." });
    patterns.push({ group: ["@fairlead/shared/io"], message: "io is imported by world.ts only." });
    patterns.push({ group: WORLD, message: "This library belongs in io/." });
    patterns.push({ group: ["node:*", ...PURE_NODE.map((name) => `!${name}`)], message: "node: modules belong in io/." });
  }
  return ["error", { patterns }];
}

const tests = ["**/*.test.ts", "**/testing/**", "**/fixtures/**"];
const io = ["**/io/**"];

const roomEntries = Object.entries(rooms).flatMap(([workspace, table]) =>
  Object.entries(table).flatMap(([room, allowed]) => [
    {
      files: [`${workspace}/src/${room}/**/*.ts`],
      ignores: [...tests, ...io, "control-plane/src/xds/library.ts"],
      rules: { ...purity, "no-restricted-imports": imports(workspace, { room, allowed, pure: true }) },
    },
    {
      files: [`${workspace}/src/${room}/**/io/**/*.ts`, "control-plane/src/xds/library.ts"],
      ignores: tests,
      rules: { "no-restricted-imports": imports(workspace, { room, allowed, pure: false }) },
    },
  ]),
);

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "**/bundle/**",
      "**/gen/**",
      "**/*.mjs",
      "**/*.js",
      "node_modules/**",
      "**/.turbo/**",
      "**/.venv/**",
      "vitest.config.ts",
      "e2e/vitest.config.ts",
    ],
  },
  {
    files: ["**/*.ts"],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "@typescript-eslint": tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "max-params": ["error", 4],
      "max-depth": ["error", 4],
    },
  },
  {
    files: ["**/*.ts"],
    ignores: [...tests],
    rules: { "max-lines": ["error", 400], "max-lines-per-function": ["error", { max: 80, skipComments: true, skipBlankLines: true }] },
  },
  ...Object.keys(workspaces).map((workspace) => ({
    files: [`${workspace}/src/*.ts`],
    rules: { "no-restricted-imports": imports(workspace, { pure: false }) },
  })),
  ...roomEntries,
  {
    // The words both planes share are as pure as a room; hashing is the one thing they take from Node.
    files: ["shared/src/*.ts", "proto/src/*.ts"],
    ignores: [...tests, "shared/src/io.ts", "shared/src/hash.ts"],
    rules: { ...purity, "no-restricted-imports": imports("shared", { pure: true }) },
  },
);
