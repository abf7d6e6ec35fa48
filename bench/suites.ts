import { agentsSuite } from './agents.ts';
import { arrivalsSuite } from './arrivals.ts';
import { clientsSuite } from './clients.ts';
import { contentionSuite } from './contention/suite.ts';
import { hooksSuite } from './hooks.ts';
import { librarySuite } from './library.ts';
import { mcpSuite } from './mcp.ts';
import type { BenchOptions } from './options.ts';
import { packsSuite } from './packs.ts';
import { peersSuite } from './peers.ts';
import { processSuite } from './process.ts';
import { repositorySuite } from './repository.ts';
import type { Suite } from './row.ts';
import { signedSuite } from './signed.ts';

/** In the order in which they run and are shown. */
export const SUITES: readonly Suite<BenchOptions>[] = [
  processSuite,
  librarySuite,
  repositorySuite,
  packsSuite,
  hooksSuite,
  clientsSuite,
  signedSuite,
  arrivalsSuite,
  contentionSuite,
  agentsSuite,
  mcpSuite,
  peersSuite,
];
