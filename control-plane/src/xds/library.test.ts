import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const room = fileURLToPath(new URL(".", import.meta.url));

function importsOf(folder: string): string[] {
  const files = readdirSync(`${room}${folder}`).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return files.flatMap((file) =>
    [...readFileSync(`${room}${folder}/${file}`, "utf8").matchAll(/from "([^".][^"]*)"/g)].map((match) => match[1] ?? ""),
  );
}

test("the library needs Node and the two shared workspaces, and nothing else of the control plane", () => {
  expect(new Set(importsOf("io"))).toEqual(
    new Set(["@fairlead/proto", "@fairlead/shared", "node:crypto", "node:http2", "node:net", "node:tls", "@fairlead/shared/io"]),
  );
  // The clock and the silent log that `library.ts` begins with.
  expect(new Set(importsOf("."))).toEqual(new Set(["@fairlead/proto", "@fairlead/shared", "@fairlead/shared/io"]));
});
