import { markData, openLedger, type WorkLedger } from '../../../index.ts';
import { standingLines, standingOf } from '../../../operations/standing.ts';
import { command } from '../../command.ts';
import { readVersion } from '../../package.ts';
import { stopSignals } from '../../process.ts';
import { showItems } from '../../render/item.ts';
import { type Line, printLine } from '../../render/line.ts';
import { whereItStands } from '../lifecycle/resume.ts';

/** Clients give a call about a minute. */
const PATIENCE_S = 20;

export const mcpCommand = command({
  summary: 'serve an agent by the Model Context Protocol, on standard input and output',
  details:
    'Started by the client: `claude mcp add work-ledger -- wl mcp`. What it claims is held while the connection lasts, and given ' +
    'back when the client closes it; with WL_EXECUTION_ID it is kept. Standard output has nothing but the protocol.',
  examples: ['wl mcp', 'wl mcp --actor shop/implementer -C ../shop'],
  run: async ({ cli }) => {
    const { serve } = await import('../../../mcp/serve.ts');
    const { world, globals } = cli;
    const signals = stopSignals();
    try {
      await serve({
        version: readVersion(),
        stdin: world.stdin,
        write: (text) => world.stdout.write(text),
        onProblem: (message) => cli.noticeNow(message),
        signal: signals.first,
        open: (events) =>
          openLedger({ ...cli.openOptions, patience_s: globals.timeout ?? PATIENCE_S, ...events }),
        texts: {
          resume: (resumption) => textOf(whereItStands(resumption)),
          show: itemText,
          standing: async (ledger, held) =>
            standingLines(await standingOf(ledger, held), cli.clock.now()).join('\n'),
        },
        execution_id: cli.executionId,
        work_id: world.env.WL_WORK_ID || undefined,
      });
    } finally {
      signals.close();
    }
    return { kind: 'mcp', data: undefined, lines: [] };
  },
});

const textOf = (lines: readonly Line[]): string => lines.map((line) => printLine(line, false)).join('\n');

/** An item as `wl show` has it, marked as data. */
async function itemText(ledger: WorkLedger, id: string): Promise<string> {
  const { lines } = await showItems(ledger, [await ledger.query.get(id)], false);
  const { note, blocks } = markData([textOf(lines)]);
  return [`${id}:`, note, ...blocks].join('\n');
}
