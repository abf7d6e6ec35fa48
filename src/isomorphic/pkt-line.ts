/** Ends a section of the protocol. */
export const FLUSH = '0000';

export const ENDS_EARLY = 'the answer ends early';

/** One line of git's wire protocol: its length in four hexadecimal digits, then its bytes. */
export function encodeLine(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

/**
 * The lines of an answer; a flush is `undefined`.
 *
 * @throws RangeError where the answer ends inside a line
 */
export function* decodeLines(answer: Uint8Array): Generator<Buffer | undefined> {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const digits = bytes.toString('latin1', at, at + 4);
    const length = Number.parseInt(digits, 16);
    if (!/^[0-9a-f]{4}$/i.test(digits) || at + length > bytes.length) throw new RangeError(ENDS_EARLY);
    yield length < 4 ? undefined : bytes.subarray(at + 4, at + length);
    at += Math.max(length, 4);
  }
}

const PAYLOAD = 1;
const PROGRESS = 2;
const FAILURE = 3;

export interface Demultiplexed {
  /** Lines that belong to no channel. */
  plain: string[];
  payload: Buffer;
  /** What the other side's program and hooks said to people. */
  said: string;
}

/**
 * Takes an answer on side bands apart.
 *
 * @throws Error where the other side reports that it failed, or the answer ends before its last flush
 */
export function demultiplex(answer: Uint8Array): Demultiplexed {
  const plain: string[] = [];
  const payload: Buffer[] = [];
  let said = '';
  let complete = false;
  for (const line of decodeLines(answer)) {
    complete = line === undefined;
    if (line === undefined) continue;
    const rest = line.subarray(1);
    if (line[0] === PAYLOAD) payload.push(rest);
    else if (line[0] === PROGRESS) said += rest.toString();
    else if (line[0] === FAILURE) throw new Error(rest.toString().trim());
    else if (line.toString('latin1', 0, 4) === 'ERR ') throw new Error(line.toString().slice(4).trim());
    else plain.push(line.toString().trim());
  }
  if (!complete) throw new RangeError(ENDS_EARLY);
  return { plain, payload: Buffer.concat(payload), said };
}
