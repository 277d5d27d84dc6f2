import { fail, ok } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { nameOf } from "../zookeeper/testing/zookeeper-under-test.js";
import { type FileUnderTest, fileUnderTest, settle } from "./testing/file-under-test.js";

const reading = ({ source }: FileUnderTest, service: string) => source.services.value.get(nameOf(service));
const ids = (under: FileUnderTest, service: string) => {
  const state = reading(under, service);
  return state === undefined || state.kind === "pending" ? undefined : [...state.reading.endpoints.keys()];
};

describe("a file source", () => {
  test("is pending until the file was read, then complete", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80"));
    expect(under.source.listing.value).toEqual({ kind: "pending" });
    await settle();
    expect(under.source.listing.value).toEqual({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
    expect(ids(under, "shop")).toEqual(["10.0.0.1:80"]);
  });

  test("follows the file, and services that stayed keep their references", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80\ncart=10.0.0.2:80"));
    await settle();
    const shop = reading(under, "shop");
    under.file.write("shop=10.0.0.1:80\nfind=10.0.0.3:80");
    await settle();
    expect([...under.source.services.value.keys()]).toEqual(["shop", "find"]);
    expect(reading(under, "shop")).toBe(shop);
  });

  test.each([
    [
      "broken",
      (under: FileUnderTest) => under.file.write("shop=10.0.0.1:80\nwhat"),
      "/etc/lists.yaml:2:1 expected a service and its endpoints",
    ],
    ["gone", (under: FileUnderTest) => under.file.vanish(), "/etc/lists.yaml: no such file"],
  ])("a file that is %s makes the last good reading stale with the reason, and removes nothing", async (_, harm, cause) => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80,10.0.0.2:80\ncart=10.0.0.3:80"));
    await settle();
    const before = reading(under, "shop");
    const sinceMs = under.clock.wallMs();
    harm(under);
    await settle();
    expect(reading(under, "shop")).toEqual({ kind: "stale", reading: before?.kind === "seen" && before.reading, sinceMs, cause });
    expect(ids(under, "cart")).toEqual(["10.0.0.3:80"]);
    expect(under.source.listing.value).toMatchObject({ kind: "stale", sinceMs, cause });
    under.clock.advance(5_000);
    await settle();
    expect(under.log.count("file-source-unreadable")).toBe(1);
    under.file.write("shop=10.0.0.1:80,10.0.0.2:80");
    await settle();
    const after = reading(under, "shop");
    expect(after?.kind === "seen" && before?.kind === "seen" && after.reading === before.reading).toBe(true);
    expect(reading(under, "cart")).toBeUndefined();
  });

  test("a second, different fault keeps the age and takes the new reason", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80"));
    await settle();
    const sinceMs = under.clock.wallMs();
    under.file.write("what");
    await settle();
    under.clock.advance(100);
    under.file.vanish();
    await settle();
    expect(reading(under, "shop")).toMatchObject({ kind: "stale", sinceMs, cause: "/etc/lists.yaml: no such file" });
  });

  test("never readable: pending with the reason, and found without a notification once it is there", async () => {
    const under = fileUnderTest(fail("permission denied"));
    await settle();
    expect(under.source.listing.value).toEqual({ kind: "pending", cause: "/etc/lists.yaml: permission denied" });
    under.file.content = ok("shop=10.0.0.1:80");
    under.clock.advance(1_000);
    await settle();
    expect(ids(under, "shop")).toEqual(["10.0.0.1:80"]);
    expect(under.clock.pendingCount).toBe(0);
  });

  test("quarantined members stand with their service, or in the listing when it has none", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80\n!shop no port\n!Bad! not a service name"));
    await settle();
    expect(reading(under, "shop")).toMatchObject({ reading: { quarantined: [{ place: "/etc/lists.yaml:2:1", reason: "no port" }] } });
    expect(under.source.listing.value).toMatchObject({ quarantined: [{ place: "/etc/lists.yaml:3:1", reason: "not a service name" }] });
  });

  test("an entry that cannot be read makes its service partial: who is missing may be the one in it", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80,10.0.0.2:80\ncart=10.0.0.3:80"));
    await settle();
    under.file.write("shop=10.0.0.1:80\n!shop no port\ncart=10.0.0.3:80");
    await settle();
    const because = "the entry at /etc/lists.yaml:2:1 cannot be read: mend it or take it out";
    expect(reading(under, "shop")).toMatchObject({ kind: "seen", reading: { completeness: { kind: "partial", reason: because } } });
    expect(reading(under, "cart")).toMatchObject({ reading: { completeness: { kind: "complete" } } });
    under.file.write("shop=10.0.0.1:80\n!shop no port\ncart=10.0.0.4:80");
    await settle();
    expect(under.log.count("file-source-partial")).toBe(1);
  });

  test.each([
    ["mended", "shop=10.0.0.1:80,10.0.0.3:80"],
    ["taken out", "shop=10.0.0.1:80"],
  ])("once the entry is %s the reading is complete again, and removes", async (_, text) => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80\n!shop no port"));
    await settle();
    expect(reading(under, "shop")).toMatchObject({ reading: { completeness: { kind: "partial" } } });
    under.file.write(text);
    await settle();
    expect(reading(under, "shop")).toMatchObject({ reading: { completeness: { kind: "complete" }, quarantined: [] } });
  });

  test("an endpoint that is listed twice hides nobody", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80\n!shop twice"));
    await settle();
    expect(reading(under, "shop")).toMatchObject({ reading: { completeness: { kind: "complete" }, quarantined: [{ reason: "twice" }] } });
  });

  test("a change during a read is read again: the older text is not taken", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80"));
    await settle();
    const seen: unknown[] = [];
    under.source.services.watch(() => seen.push(ids(under, "shop")));
    under.file.hold();
    under.file.write("shop=10.0.0.2:80");
    under.file.write("shop=10.0.0.3:80");
    under.file.release();
    await settle();
    expect(seen).toEqual([["10.0.0.1:80"], ["10.0.0.3:80"]]);
  });

  test("five of many problems are named", async () => {
    const under = fileUnderTest(ok("a\nb\nc\nd\ne\nf\ng"));
    await settle();
    expect(under.source.listing.value).toMatchObject({ cause: expect.stringMatching(/lists.yaml:5:1 [^;]+; and 2 more$/) });
  });

  test("a closed source takes nothing any more", async () => {
    const under = fileUnderTest(ok("shop=10.0.0.1:80"));
    await under.source.close();
    await settle();
    expect(under.source.listing.value).toEqual({ kind: "pending" });
    expect([under.clock.pendingCount, under.file.watcherCount]).toEqual([0, 0]);
  });
});
