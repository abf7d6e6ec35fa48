/** Loaded by whoever hashes or draws: most of what is read from packs needs neither, and it is large. */
export const nodeCrypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');
