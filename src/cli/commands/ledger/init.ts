import { ANY_HOST, HOSTS, type Host, REVIEW_HOSTS } from '../../../hosts/list.ts';
import { initLedger, type PlacedFiles, type WorkLedger } from '../../../index.ts';
import { oneOf, refuse } from '../../../operations/typed.ts';
import type { Cli } from '../../cli.ts';
import { command, flag, text } from '../../command.ts';
import { launcher } from '../../package.ts';

export const initCommand = command({
  summary: 'make a ledger in this repository, or join the one of its remote',
  details:
    'The files of a host are laid on the ledger branch by one commit: jobs that check proposals and pushes, the text of a pull request, CODEOWNERS to be filled in. What is there already stays as it is, and is named where it differs; with --update it is replaced, but for CODEOWNERS and the templates of items. docs/review-hosts.md tells what to set on the host itself.',
  options: {
    prefix: text('--prefix <letters>', 'what ids begin with (default: WRK)'),
    host: text('--host <host>', `also lay the files that ${ANY_HOST} looks for, and templates of items`),
    update: flag('--update', 'with --host: put what this version lays in place of files that differ'),
  },
  examples: ['wl init --prefix OPS', 'wl init --host github'],
  run: async ({ options: { prefix, host: named, update }, cli }) => {
    const host = named === undefined ? undefined : oneOf(named, HOSTS, '--host');
    if (update && host === undefined) throw refuse('--update needs --host: it is about the files of a host.');
    let created = false;
    const ledger = await cli.open(async () => {
      const made = await initLedger({ ...cli.openOptions, prefix });
      created = made.created;
      return made.ledger;
    });
    const { setUpMerging } = await import('../../../repair.ts');
    await setUpMerging(ledger, launcher());
    const files = host && (await placeHost(ledger, host, update, cli));
    const { place, branch, mode, remote, tip, actor, clone } = await ledger.clone.status();
    const shared =
      remote === null
        ? ''
        : mode === 'push'
          ? `, shared on ${remote.name}`
          : ', in this clone only; share it with: wl sync';
    const said = created ? 'made a ledger' : 'there is a ledger already';
    return {
      kind: 'ledger',
      data: {
        created,
        place,
        branch,
        mode,
        remote,
        tip,
        actor,
        clone,
        settings: await ledger.query.settings(),
        files,
      },
      lines: [
        `${said} on the branch ${branch} of ${place}${shared}`,
        `whoever works here acts as ${actor}; another name: WL_ACTOR, or git config ledger.actor`,
        ...(host && files ? linesOf(host, branch, files) : []),
      ],
      ids: [],
      where: remote === null ? undefined : mode === 'push' ? 'remote' : 'local',
    };
  },
});

async function placeHost(ledger: WorkLedger, host: Host, update: boolean, cli: Cli): Promise<PlacedFiles> {
  const { readVersion } = await import('../../package.ts');
  return cli.busy('laying files', () => ledger.admin.placeHost(host, { version: readVersion(), update }));
}

function linesOf(host: Host, branch: string, { laid, updated, differing }: PlacedFiles): string[] {
  return [
    ...laid.map((path) => `laid ${path}`),
    ...updated.map((path) => `updated ${path}`),
    ...differing.map((path) => `left ${path}, which differs from what this version lays`),
    ...(laid.length + updated.length + differing.length === 0 ? [`the files for ${host} are there`] : []),
    `next, say who may push to ${branch} ${REVIEW_HOSTS[host].settings}; docs/review-hosts.md tells what to choose`,
  ];
}
