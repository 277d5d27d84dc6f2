import { seeded } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { decoderOf } from "./decode/decoder.js";
import { PathMembers } from "./path-members.js";
import { HandDrivenReads } from "./testing/hand-driven-reads.js";

function setup() {
  const reads = new HandDrivenReads();
  const clock = new FakeClock();
  const members = new PathMembers({
    path: "/p",
    reads,
    clock,
    rng: seeded(1),
    decode: decoderOf({ format: "host-port", port: "main" }),
    maxMembers: 10,
    onChange: () => undefined,
    onLimit: () => undefined,
    onFault: () => undefined,
  });
  const ids = () => members.view().endpoints.map(({ id }) => id);
  return { reads, clock, members, ids };
}

describe("members of a path", () => {
  test("a change that is announced while its member is being read is read once more", () => {
    const { reads, members, ids } = setup();
    members.connected(true);
    reads.list(0, ["a"]);
    members.readMember("a");
    members.readMember("a");
    expect(reads.members).toHaveLength(1);
    reads.member(0, "10.0.0.1:80", 5n);
    expect(reads.members).toHaveLength(2);
    reads.member(1, "10.0.0.2:80", 6n);
    expect(ids()).toEqual(["10.0.0.2:80"]);
    expect(reads.members).toHaveLength(2);
  });

  test("members that join while the others are being read cost one read each", () => {
    const { reads, members } = setup();
    members.connected(true);
    reads.list(0, ["a", "b"]);
    members.readList();
    reads.list(1, ["a", "b", "c"]);
    for (const [index, port] of [81, 82, 83].entries()) reads.member(index, `10.0.0.1:${port}`, 5n);
    expect(reads.members.map(({ path }) => path)).toEqual(["/p/a", "/p/b", "/p/c"]);
    expect(members.view()).toMatchObject({ progress: "complete", endpoints: [{ port: 81 }, { port: 82 }, { port: 83 }] });
  });

  test("a change of the list that is announced while it is being read is read once more", () => {
    const { reads, members } = setup();
    members.connected(true);
    members.readList();
    members.readList();
    expect(reads.lists).toHaveLength(1);
    reads.list(0, []);
    expect(reads.lists).toHaveLength(2);
    reads.list(1, []);
    expect(reads.lists).toHaveLength(2);
  });

  test("answers of a lost connection are nobody's, neither lists nor members", () => {
    const { reads, members, ids } = setup();
    members.connected(true);
    members.lost();
    reads.list(0, ["a"]);
    expect(reads.members).toHaveLength(0);
    members.connected(false);
    reads.list(1, ["a"]);
    members.lost();
    members.connected(false);
    reads.member(0, "10.0.0.1:80", 5n);
    expect(ids()).toEqual([]);
    expect(members.view().progress).toBe("unread");
  });

  test("a path that appears between the list and the look for it is listed again", () => {
    const { reads, members } = setup();
    members.connected(true);
    reads.noNode(0);
    reads.existences[0]?.({ ok: true, value: true });
    expect(reads.lists).toHaveLength(2);
    reads.noNode(1);
    reads.existences[1]?.({ ok: true, value: false });
    expect(members.view()).toMatchObject({ progress: "complete", endpoints: [] });
  });

  test("progress tells unread, arriving, incomplete and complete apart", () => {
    const { reads, members } = setup();
    const progress = () => members.view().progress;
    expect(progress()).toBe("unread");
    members.connected(true);
    reads.list(0, ["a", "b"]);
    expect(members.view()).toMatchObject({ progress: "arriving", completeness: { reason: "/p: 2 of 2 members not read yet" } });
    reads.members[0]?.answer({ ok: false, error: { kind: "failed", reason: "NO_AUTH" } });
    expect(progress()).toBe("incomplete");
    reads.member(1, "10.0.0.2:80", 2n);
    expect(members.view()).toMatchObject({ progress: "incomplete", completeness: { reason: "/p: 1 of 2 members unread, a: NO_AUTH" } });
    members.readMember("a");
    reads.member(2, "10.0.0.1:80", 3n);
    expect(progress()).toBe("complete");
  });

  test("complete, progress and completeness are one answer, malformed members included", () => {
    const { reads, members } = setup();
    const answers = () => [members.complete, members.view().progress === "complete", members.view().completeness.kind === "complete"];
    const steps: readonly (readonly [() => void, boolean])[] = [
      [() => undefined, false],
      [() => members.connected(true), false],
      [() => reads.list(0, ["a", "b"]), false],
      [() => reads.member(0, "garbage", 1n), false],
      [() => reads.member(1, "garbage", 1n), false],
      [() => members.readMember("a"), false],
      [() => reads.member(2, "10.0.0.1:80", 2n), true],
      [() => members.memberDeleted("a"), false],
      [() => members.readList(), false],
      // One of one is malformed.
      [() => reads.list(1, ["b"]), false],
      [() => members.readList(), false],
      [() => reads.list(2, []), true],
      [() => members.lost(), false],
    ];
    for (const [step, whole] of steps) {
      step();
      expect(answers()).toEqual([whole, whole, whole]);
    }
  });
});
