/** All that brings an index to another tip, in one module so that it is loaded at once, and only then. */
export { readDelta, readSmallDelta, writeChanges, writeOverlay } from './changes.ts';
export { viewAfter } from './delta.ts';
export { addAllWords } from './index-writer.ts';
export { loadIndex, readFinished } from './load.ts';
export { followLog } from './transition-log.ts';
