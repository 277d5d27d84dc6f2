import { readFileSync } from "node:fs";
import { parseCommandLine } from "@fairlead/shared";
import { describe, expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** Instructions in order; continued lines joined, comments gone. */
function instructions(text: string): readonly (readonly [string, string])[] {
  const joined = text.replace(/^#.*\n/gm, "").replace(/\\\n\s*/g, "");
  return joined.split("\n").flatMap((line) => {
    const match = /^([A-Z]+) (.*)$/.exec(line);
    return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const];
  });
}

describe.each(["control-plane", "sidecar", "injector"])("%s.Containerfile", (name) => {
  const all = instructions(read(`containers/${name}.Containerfile`));
  const final = all.slice(all.findLastIndex(([word]) => word === "FROM"));
  const last = (word: string) => final.findLast(([other]) => other === word)?.[1];

  test("bundles its program, copies the bundle and starts it", () => {
    expect(all.find(([word]) => word === "RUN")?.[1]).toContain(`node deploy/bundle.mjs ${name}`);
    const copied = final.filter(([word]) => word === "COPY").map(([, what]) => what.split(" ").slice(-2));
    expect(copied).toContainEqual([`/src/deploy/bundle/${name}.mjs`, `/usr/lib/fairlead/${name}.mjs`]);
    expect(copied).toContainEqual(["/usr/local/bin/node", "/usr/local/bin/node"]);
    const young = name === "sidecar" ? ["--max-semi-space-size=2"] : [];
    expect(JSON.parse(last("ENTRYPOINT") ?? "[]")).toEqual(["/usr/local/bin/node", ...young, `/usr/lib/fairlead/${name}.mjs`]);
    expect(parseCommandLine(JSON.parse(last("CMD") ?? "[]") as string[])).toMatchObject({ ok: true, value: { kind: "run" } });
  });

  test("says in its environment what it was measured with", () => {
    expect(last("ENV")?.split(" ")).toEqual(["NODE_ENV=production", ...(name === "sidecar" ? ["MALLOC_ARENA_MAX=1"] : [])]);
  });

  test("runs as user 65532, by number, and holds no shell for a health check", () => {
    expect(last("USER")).toBe("65532:65532");
    expect(last("STOPSIGNAL")).toBe("SIGTERM");
    expect(last("RUN")).toBeUndefined();
    expect(last("HEALTHCHECK")).toBeUndefined();
    expect(last("LABEL")).toContain(`org.opencontainers.image.title="fairlead-${name}"`);
  });

  test("its state is a volume that its user owns, if it has state", () => {
    if (name === "injector") expect(last("VOLUME")).toBeUndefined();
    else {
      expect(last("VOLUME")).toBe(`/var/lib/fairlead/${name}`);
      expect(final).toContainEqual(["COPY", "--from=build --chown=65532:65532 /state /var/lib/fairlead"]);
    }
  });
});

test("what the build does not need, and every key, stays out of its context", () => {
  const ignored = readFileSync(new URL("../../.dockerignore", import.meta.url), "utf8").split("\n");
  for (const pattern of ["**/node_modules", "**/dist", "**/bundle", ".git", "**/*.key", "**/*.pem"]) expect(ignored).toContain(pattern);
});
