import { escapeUnsafe } from '../index.ts';
import { safe } from './render/line.ts';
import type { Writer } from './world.ts';

/** Says something beside a result: in words, or as one line of JSON. */
export function writeNotice(message: string, json: boolean, stderr: Writer): void {
  const said = json ? escapeUnsafe(JSON.stringify({ notice: { message } })) : safe(message);
  stderr.write(`${said}\n`);
}
