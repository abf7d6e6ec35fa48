import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deliver } from './agent.ts';

/** A folder that stands for a service with idempotency keys: a key that was used is answered as if it were new. */
export function outbox(folder: string): Deliver {
  return async (key, text) => {
    await mkdir(folder, { recursive: true });
    try {
      await writeFile(join(folder, key), `${text}\n`, { flag: 'wx' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  };
}
