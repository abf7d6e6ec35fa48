// Signs as ssh-keygen does, in this process: keys of every kind, security keys that no machine has among them, and all that can be wrong
// with a signature.
import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  sign,
} from 'node:crypto';

export const SSH_KINDS = [
  'ed25519',
  'nistp256',
  'nistp384',
  'nistp521',
  'rsa-sha2-256',
  'rsa-sha2-512',
  'sk-ed25519',
  'sk-nistp256',
] as const;
export type SshKind = (typeof SSH_KINDS)[number];

export interface Signer {
  /** The public key, as it stands in a signature. */
  blob: Buffer;
  /** Type and key, as a line of a file has them. */
  line: string;
  sign(data: Buffer): Buffer;
}

const CURVES = {
  nistp256: { name: 'P-256', hash: 'sha256', size: 32 },
  nistp384: { name: 'P-384', hash: 'sha384', size: 48 },
  nistp521: { name: 'P-521', hash: 'sha512', size: 66 },
};

export function withLength(part: Buffer | string): Buffer {
  const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A number that is not negative, as SSH writes one. */
export function mpint(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  return withLength((digits[0] ?? 0) >= 128 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}

const strings = (...parts: (Buffer | string)[]): Buffer => Buffer.concat(parts.map(withLength));
const digest = (hash: string, data: Uint8Array): Buffer => createHash(hash).update(data).digest();
const fromUrl = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');

export function lineOf(blob: Buffer): string {
  return `${blob.toString('latin1', 4, 4 + blob.readUInt32BE())} ${blob.toString('base64')}`;
}

const signer = (blob: Buffer, signData: Signer['sign']): Signer => ({
  blob,
  line: lineOf(blob),
  sign: signData,
});

export function makeSigner(kind: SshKind, bits = 2048): Signer {
  if (kind === 'ed25519') return ed25519Signer();
  if (kind === 'sk-ed25519') return ofSecurityKey('sk-ssh-ed25519@openssh.com', ed25519Key());
  if (kind === 'sk-nistp256')
    return ofSecurityKey('sk-ecdsa-sha2-nistp256@openssh.com', ecdsaKey('nistp256'));
  if (kind === 'rsa-sha2-256' || kind === 'rsa-sha2-512') return rsaSigner(kind, bits);
  const { parts, raw } = ecdsaKey(kind);
  return signer(strings(`ecdsa-sha2-${kind}`, ...parts), (data) => strings(`ecdsa-sha2-${kind}`, raw(data)));
}

interface RawKey {
  /** Of the public key, after its type. */
  parts: Buffer[];
  raw(data: Buffer): Buffer;
}

/** @param seed for a key that is the same in each run */
export function ed25519Signer(seed?: Buffer): Signer {
  const { parts, raw } = ed25519Key(seed);
  return signer(strings('ssh-ed25519', ...parts), (data) => strings('ssh-ed25519', raw(data)));
}

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function ed25519Key(seed?: Buffer): RawKey {
  const key = seed
    ? createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
    : generateKeyPairSync('ed25519').privateKey;
  return { parts: [fromUrl(key.export({ format: 'jwk' }).x)], raw: (data) => sign(null, data, key) };
}

function ecdsaKey(curve: keyof typeof CURVES): RawKey {
  const { name, hash, size } = CURVES[curve];
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: name });
  const { x, y } = privateKey.export({ format: 'jwk' });
  const raw = (data: Buffer): Buffer => {
    const both = sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return Buffer.concat([mpint(both.subarray(0, size)), mpint(both.subarray(size))]);
  };
  return { parts: [Buffer.from(curve), Buffer.concat([Buffer.from([4]), fromUrl(x), fromUrl(y)])], raw };
}

function rsaSigner(type: string, bits: number): Signer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const { e, n } = privateKey.export({ format: 'jwk' });
  const blob = Buffer.concat([withLength('ssh-rsa'), mpint(fromUrl(e)), mpint(fromUrl(n))]);
  return signer(blob, (data) => strings(type, sign(type.replace('rsa-sha2-', 'sha'), data, privateKey)));
}

const APPLICATION = 'ssh:';
const TOUCHED = 1;

function ofSecurityKey(type: string, { parts, raw }: RawKey): Signer {
  return signer(strings(type, ...parts, APPLICATION), (data) => {
    const state = Buffer.concat([Buffer.from([TOUCHED]), uint32(7)]);
    const signed = Buffer.concat([digest('sha256', Buffer.from(APPLICATION)), state, digest('sha256', data)]);
    return Buffer.concat([strings(type, raw(signed)), state]);
  });
}

/** Of SHA-1, which nobody may use any more. */
export function oldRsaSigner(): Signer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { e, n } = privateKey.export({ format: 'jwk' });
  const blob = Buffer.concat([withLength('ssh-rsa'), mpint(fromUrl(e)), mpint(fromUrl(n))]);
  return signer(blob, (data) => strings('ssh-rsa', sha1Signature(data, privateKey)));
}

function sha1Signature(data: Buffer, key: KeyObject): Buffer {
  const info = Buffer.concat([Buffer.from('3021300906052b0e03021a05000414', 'hex'), digest('sha1', data)]);
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info);
}

export interface SignatureParts {
  magic?: string;
  version?: number;
  blob?: Buffer;
  namespace?: string;
  reserved?: string;
  hash?: string;
  /** Instead of the signature that was made. */
  bend?: (signature: Buffer) => Buffer;
  more?: Buffer;
}

/** What stands in the armour: a signature of `payload` with the parts that are given, all of which are signed. */
export function signatureOf(
  { blob, sign: signData }: Signer,
  payload: Uint8Array,
  parts: SignatureParts = {},
): Buffer {
  const { magic = 'SSHSIG', version = 1, namespace = 'git', reserved = '', hash = 'sha512' } = parts;
  const known = hash === 'sha256' || hash === 'sha512' || hash === 'sha384' ? hash : 'sha512';
  const data = Buffer.concat([Buffer.from('SSHSIG'), strings(namespace, '', hash, digest(known, payload))]);
  const made = signData(data);
  return Buffer.concat([
    Buffer.from(magic),
    uint32(version),
    strings(parts.blob ?? blob, namespace, reserved, hash, parts.bend?.(made) ?? made),
    parts.more ?? Buffer.alloc(0),
  ]);
}

const LINE = 70;

export function armour(signature: Buffer): string {
  const lines = signature.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

export interface UnsignedCommit {
  tree: string;
  /** Seconds since 1970. */
  at: number;
  message?: string;
  parents?: readonly string[];
}

export function commitOf({ tree, at, message = 'One\n', parents = [] }: UnsignedCommit): string {
  const person = `Ada <ada@example.invalid> ${at} +0000`;
  const headers = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${person}`];
  return `${headers.join('\n')}\ncommitter ${person}\n\n${message}`;
}

/** The commit with the armour in it, as git puts it there. */
export function withSignature(commit: string, text: string, header = 'gpgsig'): string {
  const at = commit.indexOf('\n\n') + 1;
  const folded = text.replace(/\n$/, '').replaceAll('\n', '\n ');
  return `${commit.slice(0, at)}${header} ${folded}\n${commit.slice(at)}`;
}
