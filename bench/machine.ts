import { arch, cpus, platform, release, totalmem } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { git } from './workspace.ts';

/** What a result depends on beside the program. */
export interface Machine {
  cpu: string;
  cores: number;
  memory_gib: number;
  system: string;
  node: string;
  git: string;
  sqlite: string;
  /** Commit of the program; with `+` where files were changed since. */
  commit: string;
}

export async function describeMachine(): Promise<Machine> {
  const here = fileURLToPath(new URL('..', import.meta.url));
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()} ${release()}`,
    node: process.version,
    git: (await git(here, '--version')).replace('git version ', ''),
    sqlite: process.versions.sqlite ?? 'none',
    commit: await git(here, 'describe', '--always', '--dirty=+', '--exclude=*').catch(() => 'no checkout'),
  };
}

export function machineLines(machine: Machine): string {
  const { cpu, cores, memory_gib, system, node, git: version, sqlite, commit } = machine;
  return [
    `${cpu}, ${cores} cores, ${memory_gib} GiB, ${system}`,
    `node ${node}, git ${version}, sqlite ${sqlite}, work-ledger ${commit}`,
  ].join('\n');
}
