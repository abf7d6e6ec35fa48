// A signature of SSH, as `ssh-keygen -Y sign` makes it: format and meaning in OpenSSH's PROTOCOL.sshsig, keys in RFC 4253, 5656 and 8709, those
// of security keys in PROTOCOL.u2f.
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { nodeCrypto } from '../../node.ts';

/** A public key whose signatures can be checked here. */
export interface SshKey {
  /** `ssh-ed25519` and the like. */
  type: string;
  fingerprint: string;
  /** Whether `signature`, with all that stands around it, is one of `data`. */
  verify(signature: Buffer, data: Buffer): boolean;
}

export interface SshSignature {
  key: SshKey;
  /** Whether it is a signature of `payload`, made for git. */
  fits(payload: Uint8Array): boolean;
}

const NAMESPACE = 'git';
const MAGIC = Buffer.from('SSHSIG');
const VERSION = 1;
/** RSA has the longest: a key and a signature of 16,384 bits are 4 KiB, and 6 in base 64. */
const LONGEST_ARMOUR = 16 * 1024;
const ARMOUR =
  /^-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,100}\n)+)-----END SSH SIGNATURE-----\n?$/;

/**
 * Reads a signature, where it is written as ssh-keygen writes one, is of a kind that is checked here, and was made for git.
 *
 * @returns `undefined` for any other, of which nothing is said: ssh-keygen takes more
 */
export function readSshSignature(armour: string, keys: SshKeys): SshSignature | undefined {
  if (armour.length > LONGEST_ARMOUR) return undefined;
  const bytes = fromBase64(ARMOUR.exec(armour)?.[1]?.replaceAll('\n', ''));
  if (bytes === undefined || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const parts = new Parts(bytes.subarray(MAGIC.length));
  const version = parts.number();
  const key = keys.read(parts.string());
  const [namespace, reserved, hash] = [parts.text(), parts.text(), parts.text()];
  const signature = parts.string();
  if (!parts.isDone || key === undefined || version !== VERSION) return undefined;
  if (namespace !== NAMESPACE || reserved !== '' || (hash !== 'sha256' && hash !== 'sha512'))
    return undefined;
  const fits = (payload: Uint8Array): boolean => {
    const digest = nodeCrypto().createHash(hash).update(payload).digest();
    const words = [NAMESPACE, '', hash].map((word) => withLength(Buffer.from(word)));
    return key.verify(signature, Buffer.concat([MAGIC, ...words, withLength(digest)]));
  };
  return { key, fits };
}

/** Keys that were met before are not made again: that takes as long as to check a signature. */
export class SshKeys {
  readonly #known = new Map<string, SshKey | undefined>();

  /** @returns `undefined` where it is no key that is checked here, or is not written in the one way in which keys are written */
  read(blob: Buffer): SshKey | undefined {
    const name = blob.toString('latin1');
    if (!this.#known.has(name)) this.#known.set(name, readKey(blob));
    return this.#known.get(name);
  }

  /** @returns `undefined` as `read`, and where the text is not as base 64 is written */
  readText(type: string, base64: string): SshKey | undefined {
    const blob = fromBase64(base64);
    const key = blob && this.read(blob);
    return key?.type === type ? key : undefined;
  }
}

/** How keys of a kind are read, and how their signatures are checked. */
type Kind = (parts: Parts) => Check | undefined;
type Check = (signature: Buffer, data: Buffer) => boolean;

const ED25519 = 'ssh-ed25519';
const SK_ED25519 = 'sk-ssh-ed25519@openssh.com';
const SK_ECDSA = 'sk-ecdsa-sha2-nistp256@openssh.com';

const KINDS: Readonly<Record<string, Kind>> = {
  [ED25519]: (parts) => {
    const key = ed25519(parts.string());
    return key && plain(ED25519, (raw, data) => isSignature(null, data, key, raw));
  },
  'ecdsa-sha2-nistp256': ecdsaOf('nistp256'),
  'ecdsa-sha2-nistp384': ecdsaOf('nistp384'),
  'ecdsa-sha2-nistp521': ecdsaOf('nistp521'),
  'ssh-rsa': (parts) => {
    const key = rsa(parts.positive(), parts.positive());
    return key && ((signature, data) => verifyRsa(key, signature, data));
  },
  [SK_ED25519]: (parts) => {
    const key = ed25519(parts.string());
    return key && ofSecurityKey(SK_ED25519, parts.string(), (raw, data) => isSignature(null, data, key, raw));
  },
  [SK_ECDSA]: (parts) => {
    const check = ecdsa('nistp256', parts);
    return check && ofSecurityKey(SK_ECDSA, parts.string(), check);
  },
};

function readKey(blob: Buffer): SshKey | undefined {
  const parts = new Parts(blob);
  const type = parts.text();
  const verify = Object.hasOwn(KINDS, type) ? KINDS[type]?.(parts) : undefined;
  if (verify === undefined || !parts.isDone) return undefined;
  return { type, fingerprint: fingerprintOf(blob), verify };
}

/** As git and ssh-keygen tell it. */
export const fingerprintOf = (blob: Buffer): string =>
  `SHA256:${sha256(blob).toString('base64').replace(/=+$/, '')}`;

/** A signature that says of which kind it is, and nothing else. */
const plain =
  (type: string, check: Check): Check =>
  (signature, data) => {
    const parts = new Parts(signature);
    const [named, raw] = [parts.text(), parts.string()];
    return parts.isDone && named === type && check(raw, data);
  };

/** A security key signs what it was asked with where it was asked, whether somebody touched it, and how often it signed before. */
const ofSecurityKey = (type: string, application: Buffer, check: Check): Check => {
  const place = sha256(application);
  return (signature, data) => {
    const parts = new Parts(signature);
    const [named, raw, state] = [parts.text(), parts.string(), parts.bytes(5)];
    return parts.isDone && named === type && check(raw, Buffer.concat([place, state, sha256(data)]));
  };
};

const MIDDLE_BYTES = { from: 1, to: 31 };

/**
 * Points that are written in two ways, and the one that signs everything, have no other bytes than these in their middle. Versions of
 * OpenSSH differ about them.
 */
function ed25519(x: Buffer): KeyObject | undefined {
  const middle = x.subarray(MIDDLE_BYTES.from, MIDDLE_BYTES.to);
  if (x.length !== 32 || middle.every((byte) => byte === 0) || middle.every((byte) => byte === 255))
    return undefined;
  return keyOf({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') });
}

const CURVES = {
  nistp256: { name: 'P-256', size: 32, hash: 'sha256' },
  nistp384: { name: 'P-384', size: 48, hash: 'sha384' },
  nistp521: { name: 'P-521', size: 66, hash: 'sha512' },
} as const;
const UNCOMPRESSED = 4;

function ecdsaOf(curve: keyof typeof CURVES): Kind {
  return (parts) => {
    const check = ecdsa(curve, parts);
    return check && plain(`ecdsa-sha2-${curve}`, check);
  };
}

function ecdsa(curve: keyof typeof CURVES, parts: Parts): Check | undefined {
  const { name, size, hash } = CURVES[curve];
  const [named, point] = [parts.text(), parts.string()];
  if (named !== curve || point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * size) return undefined;
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  const key = keyOf({ kty: 'EC', crv: name, x: x.toString('base64url'), y: y.toString('base64url') });
  return (
    key &&
    ((signature, data) => {
      const numbers = new Parts(signature);
      const [r, s] = [padded(numbers.positive(), size), padded(numbers.positive(), size)];
      return (
        numbers.isDone &&
        r !== undefined &&
        s !== undefined &&
        isSignature(hash, data, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([r, s]))
      );
    })
  );
}

function padded(number: Buffer, size: number): Buffer | undefined {
  return number.length > size ? undefined : Buffer.concat([Buffer.alloc(size - number.length), number]);
}

/** Bits: what ssh-keygen takes at least, and OpenSSL at most. Nobody makes keys with an exponent of more than four bytes. */
const RSA_BITS = { least: 1024, most: 16_384 };
const LONGEST_EXPONENT = 4;
const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

function rsa(e: Buffer, n: Buffer): KeyObject | undefined {
  const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most || e.length > LONGEST_EXPONENT) return undefined;
  return keyOf({ kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') });
}

function verifyRsa(key: KeyObject, signature: Buffer, data: Buffer): boolean {
  const parts = new Parts(signature);
  const [type, raw] = [parts.text(), parts.string()];
  const hash = Object.hasOwn(RSA_HASHES, type) ? RSA_HASHES[type] : undefined;
  return parts.isDone && hash !== undefined && isSignature(hash, data, key, raw);
}

/** What is no key at all to OpenSSL, as a point that is not on its curve, is none here. */
function keyOf(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return nodeCrypto().createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

type VerifyingKey = KeyObject | { key: KeyObject; dsaEncoding: 'ieee-p1363' };

/** OpenSSL throws for some signatures that cannot be any, and says no to the others. */
function isSignature(hash: string | null, data: Buffer, key: VerifyingKey, signature: Buffer): boolean {
  try {
    return nodeCrypto().verify(hash, data, key, signature);
  } catch {
    return false;
  }
}

const sha256 = (data: Buffer): Buffer => nodeCrypto().createHash('sha256').update(data).digest();

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** @returns `undefined` where these bytes are written in another way */
export function fromBase64(base64: string | undefined): Buffer | undefined {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  return bytes.length > 0 && bytes.toString('base64') === base64 ? bytes : undefined;
}

const NOTHING = Buffer.alloc(0);

/** What stands one after the other in some bytes. Past their end nothing is read, and it is not done. */
class Parts {
  readonly #bytes: Buffer;
  #at = 0;
  #isCutOff = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether all was there, and no more. */
  get isDone(): boolean {
    return !this.#isCutOff && this.#at === this.#bytes.length;
  }

  bytes(count: number): Buffer {
    const from = this.#at;
    if (this.#isCutOff || count > this.#bytes.length - from) {
      this.#isCutOff = true;
      return NOTHING;
    }
    this.#at += count;
    return this.#bytes.subarray(from, from + count);
  }

  number(): number {
    const bytes = this.bytes(4);
    return bytes.length === 0 ? 0 : bytes.readUInt32BE();
  }

  string(): Buffer {
    return this.bytes(this.number());
  }

  text(): string {
    return this.string().toString('latin1');
  }

  /** A number above zero, without the zero that keeps its first bit clear. Written in any other way, it is as if it were cut off. */
  positive(): Buffer {
    const bytes = this.string();
    const [first = 0, second = 0] = bytes;
    const isPadded = first === 0 && second >= 128;
    if (first >= 128 || (first === 0 && !isPadded)) this.#isCutOff = true;
    return bytes.subarray(isPadded ? 1 : 0);
  }
}
