import { fail, ok } from "@fairlead/shared";
import type { Answer, Children, ZnodeData, ZnodeReads } from "../connection.js";

const STAT = { czxid: 1n, mzxid: 1n, pzxid: 1n };

/** Reads that the test answers itself, in any order. */
export class HandDrivenReads implements ZnodeReads {
  readonly lists: Answer<Children>[] = [];
  readonly members: { readonly path: string; readonly answer: Answer<ZnodeData> }[] = [];
  readonly existences: Answer<boolean>[] = [];

  children(_path: string, answer: Answer<Children>): void {
    this.lists.push(answer);
  }

  data(path: string, answer: Answer<ZnodeData>): void {
    this.members.push({ path, answer });
  }

  exists(_path: string, answer: Answer<boolean>): void {
    this.existences.push(answer);
  }

  list(index: number, names: readonly string[]): void {
    this.lists[index]?.(ok({ names, stat: STAT }));
  }

  noNode(index: number): void {
    this.lists[index]?.(fail({ kind: "no-node" }));
  }

  member(index: number, text: string, mzxid: bigint): void {
    this.members[index]?.answer(ok({ data: Buffer.from(text), stat: { ...STAT, mzxid } }));
  }
}
