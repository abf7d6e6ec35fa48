/**
 * What a caller does who has git and nothing else: fetch, build a commit, push, and again where someone was first. As cheap
 * as git's own commands allow: one `fast-import` for a commit, no work tree, no index, nothing decided.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type Transition, work } from './worker.ts';

const BRANCH = 'work-ledger';
const SEEN = 'refs/naive/seen';
const MINE = 'refs/naive/mine';

await work(async ({ dir, name, callers }) => {
  if (callers !== 1) throw new Error('the naive loop has one caller in each clone');
  await git(dir, ['fetch', '--quiet', 'origin', `${BRANCH}:${SEEN}`]);
  const paths = (await git(dir, ['ls-tree', '-r', '--name-only', SEEN])).out.trim().split('\n');
  const path = paths.filter((one) => one.endsWith('.yaml')).at(Number(name.replace(/\D/g, ''))) ?? 'file';
  return { caller: () => () => transition(dir, path), close: async () => undefined };
});

async function transition(dir: string, path: string): ReturnType<Transition> {
  const op = randomUUID();
  for (;;) {
    await git(dir, [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-auto-maintenance',
      'origin',
      `+${BRANCH}:${SEEN}`,
    ]);
    await git(dir, ['fast-import', '--quiet', '--force'], importOf(path, op));
    const pushed = await git(dir, ['push', '--quiet', '--no-verify', 'origin', `${MINE}:${BRANCH}`]);
    if (pushed.code === 0) return { op };
  }
}

function importOf(path: string, op: string): string {
  const body = `id: ${path}\nlast_op: ${op}\n${'text: something\n'.repeat(40)}`;
  const message = `checkpoint: naive\n\nWork-Op: ${op}\n`;
  const at = Math.floor(Date.now() / 1000);
  return [
    `commit ${MINE}`,
    `committer naive <naive@example.invalid> ${at} +0000`,
    `data ${message.length}\n${message}`,
    `from ${SEEN}^0`,
    `M 100644 inline ${path}`,
    `data ${body.length}\n${body}`,
  ].join('\n');
}

function git(dir: string, args: readonly string[], input = ''): Promise<{ code: number; out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...args], { cwd: dir, stdio: ['pipe', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 128, out }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
