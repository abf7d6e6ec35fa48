import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { ClosingReport } from './test/report.ts';

/** Where properties are tried on what chance makes up. */
const PROPERTIES = globSync('test/**/*.test.ts').filter((file) =>
  /fast-check/.test(readFileSync(file, 'utf8')),
);

/** What runs git, servers and the program, call after call. */
const PROCESSES = [
  'test/e2e/**/*.test.ts',
  'test/docs/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/{bench/structure,ledger/backends,projection/bad-cases}.test.ts',
  'test/conformance/{isomorphic-http.remote,isomorphic-native,native-git,native.remote,silent.remote}.test.ts',
];
const LONG = ['test/long/**/*.test.ts'];
/** What `npm run test:clients` runs, once it has installed what that needs. */
const CLIENTS = ['test/real-clients/**/*.test.ts'];

const project = (name: string, include: string[], exclude: string[], timeout_s: number) => ({
  extends: true as const,
  test: { name, include, exclude, testTimeout: timeout_s * 1000, hookTimeout: timeout_s * 1000 },
});

export default defineConfig({
  test: {
    // Much of the time is spent waiting: for leases, remotes and other processes.
    maxWorkers: 2,
    // Files of one worker share what it has loaded: to load the sources anew for each takes longer than most of them run.
    isolate: false,
    globalSetup: ['test/build.ts'],
    setupFiles: ['test/set-up.ts'],
    reporters: ['default', new ClosingReport()],
    slowTestThreshold: 5_000,
    projects: [
      project('unit', ['test/**/*.test.ts'], [...PROCESSES, ...LONG, ...CLIENTS], 60),
      project('e2e', PROCESSES, [], 120),
      project('long', LONG, [], 300),
      project('clients', CLIENTS, [], 300),
      project('properties', PROPERTIES, LONG, 300),
    ],
  },
});
