const LENGTH_DELIMITED = 2;

/**
 * The bytes of one message field that is already encoded, with its tag and length, as `encode` writes it within the
 * message around it. A message is the concatenation of its fields (protobuf.dev, "Last One Wins", "Concatenation"): who
 * concatenates them in the order of their numbers gets the very bytes of `encode`, and pays only for what changed.
 */
export function messageField(number: number, message: Uint8Array): Buffer {
  const head = [...varint((number << 3) | LENGTH_DELIMITED), ...varint(message.byteLength)];
  const bytes = Buffer.allocUnsafe(head.length + message.byteLength);
  bytes.set(head);
  bytes.set(message, head.length);
  return bytes;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return [...bytes, left];
    bytes.push((left & 0x7f) | 0x80);
  }
}
