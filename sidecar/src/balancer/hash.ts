// One hash for keys and positions: the same on every sidecar, quick on short texts. No secret, and no match for Envoy's.

/**
 * MurmurHash3's 32-bit mixing (Austin Appleby, public domain) over UTF-16 code units, two at a time: a key's hash.
 * Another `seed` is another, independent hash of the same text.
 */
export function hashText(text: string, seed = 0): number {
  let hash = seed | 0;
  const { length } = text;
  const even = length & ~1;
  for (let at = 0; at < even; at += 2) hash = mixIn(hash, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  if (even < length) hash = mixIn(hash, text.charCodeAt(even));
  return finished(hash ^ length);
}

/** The next of an endless row of hashes that begins with any: where a key goes that has no place at its first choice. */
export function nextHash(hash: number): number {
  return finished((hash + 0x9e37_79b9) | 0);
}

function mixIn(hash: number, block: number): number {
  let mixed = Math.imul(block, 0xcc9e_2d51);
  mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b87_3593);
  const rotated = hash ^ mixed;
  return (Math.imul((rotated << 13) | (rotated >>> 19), 5) + 0xe654_6b64) | 0;
}

function finished(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
