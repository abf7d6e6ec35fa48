import { required } from '../../../operations/typed.ts';
import { command, text } from '../../command.ts';
import { SHORT_COMMIT } from '../../render/line.ts';
import { whereabouts } from '../../transition.ts';

export const acknowledgeCommand = command({
  summary: 'answer for what `wl verify` found at a commit, so that it is no alarm any more',
  details:
    'History is not changed, so a finding stays, also where what it did is mended. Once it is acknowledged, `wl verify` lists it apart and exits with 0 where nothing else is found. All that is found at the commit, or what the rules named find there; what is found there by another rule, or later, stays a finding. `allow` of the policy says who may (`wl config explain acknowledge`).',
  args: [
    { name: '<commit>', help: 'as `wl verify` shows it' },
    { name: '[rules...]', help: 'rules of its findings, such as content (default: all)' },
  ],
  options: { reason: text('--reason <text>', 'why it may stand, in one line') },
  examples: [
    "wl acknowledge 1b2c3d4 --reason 'Edited by hand; mended by wl doctor --fix'",
    "wl acknowledge 1b2c3d4 clock --reason 'The clock of the build machine was wrong'",
  ],
  run: async ({ args: [commit = '', ...rules], options, cli }) => {
    const reason = required(options.reason, 'A reason', `wl acknowledge ${commit} --reason TEXT`);
    const ledger = await cli.open();
    const named = rules.length === 0 ? undefined : rules;
    const done = await cli.busy('verifying', () =>
      ledger.audit.acknowledge(commit, { rules: named, reason }),
    );
    const where = ledger.clone.remote === null ? 'local' : 'remote';
    return {
      kind: 'acknowledgement',
      data: done,
      lines: done.findings.map(({ commit: at, rule, id }) => {
        const what = `${rule}${id === undefined ? '' : ` of ${id}`} at ${at.slice(0, SHORT_COMMIT)}`;
        return done.commit === null
          ? `${what} is acknowledged already`
          : `acknowledged ${what}${whereabouts(ledger, where)}`;
      }),
      ids: done.commit === null ? [] : [done.commit],
      where,
    };
  },
});
