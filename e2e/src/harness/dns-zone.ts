import type { RecordType } from "dns-packet";

/** All records of one name and type. */
export type RecordSet = {
  /** Without a dot at its end it is within the zone: "find" is find.test. */
  readonly name: string;
  readonly type: RecordType;
  /** As in a zone file ("127.0.0.1", "0 10 8080 one.test."). None takes the set away. */
  readonly values: readonly string[];
  /** Default 1. */
  readonly ttlSeconds?: number;
};

/** What a zone says about absences, for how long they may be kept (RFC 2308). */
const negativeTtlSeconds = 1;

/** The content of one zone, to be written out as a whole after each change. */
export class DnsZone {
  readonly name: string;
  readonly #sets = new Map<string, RecordSet>();
  #serial = 1;

  /** @param name absolute, with its dot */
  constructor(name: string) {
    this.name = name;
  }

  get serial(): number {
    return this.#serial;
  }

  /** Makes these the only records of their names and types. */
  change(sets: readonly RecordSet[]): void {
    this.#serial += 1;
    for (const set of sets) {
      const key = `${this.absolute(set.name)} ${set.type}`;
      if (set.values.length === 0) this.#sets.delete(key);
      else this.#sets.set(key, set);
    }
  }

  absolute(name: string): string {
    return name.endsWith(".") ? name : `${name}.${this.name}`;
  }

  /** As a zone file (RFC 1035 section 5). */
  text(): string {
    const lines = [
      `$ORIGIN ${this.name}`,
      `@ 60 IN SOA ns admin ${this.#serial} 600 86400 3600 ${negativeTtlSeconds}`,
      "@ 60 IN NS ns",
      "ns 60 IN A 127.0.0.1",
    ];
    for (const { name, type, values, ttlSeconds = 1 } of this.#sets.values()) {
      for (const value of values) lines.push(`${this.absolute(name)} ${ttlSeconds} IN ${type} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }
}
