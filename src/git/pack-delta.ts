/** The two lengths at the head of a delta: of what it builds on, and of what it makes. */
export function readDeltaSizes(delta: Uint8Array): { base: number; result: number; length: number } {
  const cursor = { at: 0 };
  const base = readSize(delta, cursor);
  const result = readSize(delta, cursor);
  return { base, result, length: cursor.at };
}

function readSize(bytes: Uint8Array, cursor: { at: number }): number {
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor.at++];
    if (byte === undefined || shift > 49) throw new RangeError('a delta ends early');
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return size;
  }
}

/**
 * What a delta makes of its base.
 *
 * @throws RangeError where it is damaged
 * @see git's Documentation/gitformat-pack
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Buffer {
  const sizes = readDeltaSizes(delta);
  if (sizes.base !== base.length) throw new RangeError('a delta is for another base');
  const result = Buffer.allocUnsafe(sizes.result);
  let written = 0;
  for (let at = sizes.length; at < delta.length; ) {
    const op = delta[at++] ?? 0;
    if (op === 0) throw new RangeError('a delta has an unknown instruction');
    if (op < 0x80) {
      if (at + op > delta.length || written + op > result.length) throw new RangeError('a delta is damaged');
      result.set(delta.subarray(at, at + op), written);
      at += op;
      written += op;
      continue;
    }
    let from = 0;
    let length = 0;
    for (let bit = 0; bit < 4; bit += 1) if (op & (1 << bit)) from += (delta[at++] ?? 0) * 2 ** (8 * bit);
    for (let bit = 0; bit < 3; bit += 1) if (op & (16 << bit)) length += (delta[at++] ?? 0) << (8 * bit);
    length ||= 0x10000;
    if (from + length > base.length || written + length > result.length)
      throw new RangeError('a delta is damaged');
    result.set(base.subarray(from, from + length), written);
    written += length;
  }
  if (written !== result.length) throw new RangeError('a delta ends early');
  return result;
}
