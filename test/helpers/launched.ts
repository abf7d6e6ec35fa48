// Both ends of a program that runs itself again, without the program: `launcher MODE` starts `child MODE`.
import { followLauncher, runOn } from '../../src/cli/relaunch.ts';

const [role = '', mode = ''] = process.argv.slice(2);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

if (role === 'launcher') {
  const here = import.meta.filename;
  const other: Record<string, string> = { missing: `${here}-not`, broken: `${here}/not` };
  const node = other[mode] ?? process.execPath;
  runOn(node, [here, 'child', mode]).catch(() => say('failed'));
} else {
  followLauncher();
  let came = 0;
  for (const signal of mode === 'counting' ? (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) : []) {
    process.on(signal, () => {
      say(signal);
      came += 1;
      // Long enough for one that comes too often.
      if (came === Number(process.env.EXPECTED)) setTimeout(() => process.exit(7), 150);
    });
  }
  say(`pid ${process.pid} ${process.env.WL_LAUNCHED ?? 'free'}`);
  if (mode === 'busy') for (;;);
  if (mode !== 'idle') setInterval(() => undefined, 60_000);
}
