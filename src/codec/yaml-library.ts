import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** All of YAML: loaded when a file is read that this program did not write as it stands. Synchronous, as decoding is. */
export const yamlLibrary = (): typeof import('yaml') => require('yaml');
