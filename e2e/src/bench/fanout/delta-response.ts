// What a client of the benches reads of a delta response: which fields there are, and nothing inside the resources.

/** The wire type of everything that is read here: a length and that many bytes. */
const LENGTH_DELIMITED = 2;
const RESPONSE = { resources: 2, typeUrl: 4, nonce: 5 } as const;
const RESOURCE = { version: 1, name: 3 } as const;

/** Calls with each length-delimited field and where its bytes are. Others are skipped where they are varints; no other occurs. */
function eachField(bytes: Buffer, range: Range, take: (field: number, range: Range) => void): void {
  let at = range.start;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < range.end) {
    const tag = varint();
    const length = varint();
    if ((tag & 7) !== LENGTH_DELIMITED) continue;
    take(tag >> 3, { start: at, end: at + length });
    at += length;
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What an ACK repeats. */
export function headOf(response: Buffer): { readonly typeUrl: string; readonly nonce: string } {
  let typeUrl = "";
  let nonce = "";
  eachField(response, { start: 0, end: response.length }, (field, { start, end }) => {
    if (field === RESPONSE.typeUrl) typeUrl = response.toString("latin1", start, end);
    else if (field === RESPONSE.nonce) nonce = response.toString("latin1", start, end);
  });
  return { typeUrl, nonce };
}

/** The resources of a response, version by name. */
export function versionsOf(response: Buffer): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  eachField(response, { start: 0, end: response.length }, (field, resource) => {
    if (field !== RESPONSE.resources) return;
    let [name, version] = ["", ""];
    eachField(response, resource, (inner, { start, end }) => {
      if (inner === RESOURCE.name) name = response.toString("utf8", start, end);
      else if (inner === RESOURCE.version) version = response.toString("latin1", start, end);
    });
    versions.set(name, version);
  });
  return versions;
}
