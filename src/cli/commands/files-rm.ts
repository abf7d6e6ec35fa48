import type { Run } from '../command.ts';
import { configured } from '../configured.ts';

export const run: Run<Record<never, never>> = async ({ args: paths, cli }) => {
  const ledger = await cli.open();
  const changed = await ledger.configure({}, { files: paths.map((path) => ({ path, text: undefined })) });
  const names = paths.join(', ');
  return configured(
    ledger,
    { kind: 'files', paths, changed },
    changed ? `removed ${names}` : undefined,
    `there is no ${names}`,
  );
};
