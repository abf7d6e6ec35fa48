import type { Run } from '../command.ts';
import { configured } from '../configured.ts';
import { readFileText } from '../input.ts';

export const run: Run<Record<never, never>> = async ({ args: [path = '', typed = ''], cli }) => {
  const text = await readFileText(typed, cli.world);
  const ledger = await cli.open();
  const changed = await ledger.configure({}, { files: [{ path, text }] });
  return configured(
    ledger,
    { kind: 'files', paths: [path], changed },
    changed ? `set ${path}` : undefined,
    `${path} stands so already`,
  );
};
