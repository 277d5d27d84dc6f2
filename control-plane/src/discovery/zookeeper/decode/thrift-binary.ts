// Apache Thrift's binary protocol, as far as a struct that somebody stored needs it: read into plain values, by field number.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md

/** A struct's fields by number; integers and doubles are numbers (64-bit ones bigint), binary is text. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue = boolean | number | bigint | string | ThriftStruct | readonly ThriftValue[] | ThriftMap;
export interface ThriftMap {
  readonly entries: readonly (readonly [ThriftValue, ThriftValue])[];
}

const STOP = 0;
/** Deeper than any registration; it bounds the recursion. */
const MAX_DEPTH = 8;
/** Elements of one value of 64 KiB at most; an announced size beyond it is a lie. */
const MAX_VALUES = 65_536;

/** The struct at the beginning of `data`; undefined when it is none, or more than a registration can be. */
export function readThriftStruct(data: Uint8Array): ThriftStruct | undefined {
  try {
    return new Reader(data).struct(0);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads beyond the end throw the DataView's RangeError, and so does every other refusal: the bytes are no such struct. */
class Reader {
  readonly #view: DataView;
  #at = 0;
  #values = 0;

  constructor(data: Uint8Array) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw new RangeError("nested too deeply");
    const fields = new Map<number, ThriftValue>();
    for (let type = this.#byte(); type !== STOP; type = this.#byte()) fields.set(this.#i16(), this.#value(type, depth));
    return fields;
  }

  #value(type: number, depth: number): ThriftValue {
    this.#values += 1;
    if (this.#values > MAX_VALUES) throw new RangeError("too many values");
    switch (type) {
      case 2:
        return this.#byte() !== 0;
      case 3:
        return this.#view.getInt8(this.#advance(1));
      case 4:
        return this.#view.getFloat64(this.#advance(8));
      case 6:
        return this.#i16();
      case 8:
        return this.#i32();
      case 10:
        return this.#view.getBigInt64(this.#advance(8));
      case 11:
        return this.#text();
      case 12:
        return this.struct(depth + 1);
      case 13:
        return this.#map(depth + 1);
      case 14:
      case 15:
        return this.#list(depth + 1);
      default:
        throw new RangeError(`no type ${type}`);
    }
  }

  #map(depth: number): ThriftMap {
    const [key, value, size] = [this.#byte(), this.#byte(), this.#i32()];
    if (depth > MAX_DEPTH) throw new RangeError("nested too deeply");
    const entries: (readonly [ThriftValue, ThriftValue])[] = [];
    for (let index = 0; index < size; index += 1) entries.push([this.#value(key, depth), this.#value(value, depth)]);
    return { entries };
  }

  #list(depth: number): readonly ThriftValue[] {
    const [type, size] = [this.#byte(), this.#i32()];
    if (depth > MAX_DEPTH) throw new RangeError("nested too deeply");
    const items: ThriftValue[] = [];
    for (let index = 0; index < size; index += 1) items.push(this.#value(type, depth));
    return items;
  }

  #text(): string {
    const length = this.#i32();
    if (length < 0) throw new RangeError("negative length");
    const start = this.#advance(length);
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + start, length).toString("utf8");
  }

  #byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  #i16(): number {
    return this.#view.getInt16(this.#advance(2));
  }

  #i32(): number {
    return this.#view.getInt32(this.#advance(4));
  }

  #advance(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#view.byteLength) throw new RangeError("cut off");
    this.#at = at + bytes;
    return at;
  }
}
