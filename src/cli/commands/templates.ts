import type { ListedTemplate } from '../../index.ts';
import type { Run } from '../command.ts';
import { columns, type Line } from '../render/line.ts';

const FROM = { ledger: "the ledger's own", program: 'built in' };

export const run: Run<Record<never, never>> = async ({ cli }) => {
  const ledger = await cli.openToRead({ fetch: false });
  const templates = await ledger.listTemplates();
  return {
    kind: 'templates',
    data: templates,
    lines: rows(templates),
    ids: templates.map(({ name }) => name),
  };
};

const rows = (templates: readonly ListedTemplate[]): Line[] =>
  columns(
    templates.map((one) => [
      one.name,
      FROM[one.from],
      'problem' in one ? one.problem : (one.fields.title ?? ''),
    ]),
  );
