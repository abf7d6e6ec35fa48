import type { Run } from '../command.ts';
import { readVersion } from '../version.ts';

export const run: Run<Record<never, never>> = async () => {
  const version = readVersion();
  return { kind: 'version', data: { version, node: process.versions.node }, lines: [`wl ${version}`] };
};
