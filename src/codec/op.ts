/** Loaded by those who make names: reading a ledger makes none, and it is large. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** Bytes that nobody can foresee. */
export type Draw = (count: number) => Uint8Array;

/** A fresh UUID of version 7: 48 bits of `now` in milliseconds, the rest random. */
export function newOp(now: Date, draw: Draw): string {
  const time = now.getTime().toString(16).padStart(12, '0');
  const bits = Buffer.from(draw(10)).toString('hex');
  const variant = ((Number.parseInt(bits[0] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${bits.slice(1, 4)}-${variant}${bits.slice(4, 7)}-${bits.slice(7, 19)}`;
}

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** Eight random characters, at least one of them a letter, so that no number looks like it. */
export function randomSuffix(draw: Draw): string {
  for (;;) {
    const text = [...draw(8)].map((byte) => CROCKFORD[byte & 31]).join('');
    if (/[a-z]/.test(text)) return text;
  }
}

/**
 * The op of a transition that follows by itself from another: the cause's time and a hash of cause and item, as a UUID of
 * version 7. Whoever works it out gets the same, so it can stand in history once.
 */
export function derivedOp(cause: string, id: string): string {
  const hash = crypto().createHash('sha256').update(`${cause}\n${id}`).digest('hex');
  const variant = ((Number.parseInt(hash[3] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `${cause.slice(0, 13)}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}
