import fc from 'fast-check';
import { afterEach, vi } from 'vitest';
import { runs } from './helpers/runs.ts';

fc.configureGlobal({ numRuns: runs(100) });

// Files of one worker share a process, so none leaves anything of its own behind.
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
