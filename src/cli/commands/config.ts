import type { Run } from '../command.ts';
import { columns, type Line, type Span, styled } from '../render/line.ts';
import { readSettings, settingText } from '../settings.ts';

export const run: Run<Record<never, never>> = async ({ cli }) => {
  const settings = await readSettings(await cli.open());
  return {
    kind: 'settings',
    data: settings,
    lines: [
      [styled('bold', 'shared by all clones (wl config set KEY VALUE):')],
      ...rows(settings.shared),
      [styled('bold', 'of this clone (git config ledger.KEY VALUE):')],
      ...rows(settings.clone),
    ],
  };
};

function rows(values: Record<string, unknown>): Line[] {
  return columns(Object.entries(values).map(([key, value]): Span[] => [`  ${key}`, settingText(value)]));
}
