import {
  LEDGER_VERBS,
  type LedgerSettings,
  type Permission,
  type PolicyVerb,
  type ReadableLedger,
  VERBS,
} from '../../../index.ts';
import { oneOf } from '../../../operations/typed.ts';
import { command, PAST, text } from '../../command.ts';
import { columns, type Line, type Span, styled } from '../../render/line.ts';

type Rule = Pick<Permission['rules'][number], 'types' | 'labels' | 'swarms'> & {
  roles?: string[] | undefined;
};

export const configExplainCommand = command({
  summary: 'tell the policy in words, or who may do something and by which rule',
  args: [
    { name: '[verb]', help: 'as in `wl log`: claim, complete, approve, configure, …' },
    { name: '[id]', help: 'the item that it is about' },
  ],
  options: {
    for: text('--for <actor>', 'who is meant (default: whoever asks)'),
    ...PAST,
  },
  examples: ['wl config explain', 'wl config explain approve WRK-20260103-0001 --for team/ada'],
  run: async ({ args: [typed, item], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    if (typed === undefined) return wholePolicy(await ledger.query.settings());
    const verb = oneOf<PolicyVerb>(typed, [...VERBS, ...LEDGER_VERBS], 'the verb');
    const purpose = VERBS.find((one) => one === verb);
    const id = item === undefined ? undefined : await ledger.query.resolveId(item, purpose);
    const permission = await ledger.query.permission(verb, { id, actor: options.for });
    return { kind: 'permission', data: permission, lines: await permissionLines(ledger, permission) };
  },
});

function wholePolicy({ roles = {}, allow = [], review = [], signatures, retention_days }: LedgerSettings) {
  const lines: Line[] = [];
  const part = (title: string, rows: Span[][]): void => {
    if (rows.length > 0) lines.push([styled('bold', title)], ...columns(rows));
  };
  part(
    'Roles',
    Object.entries(roles).map(([name, role]) => [`  ${name}`, membersOf(role)]),
  );
  part(
    'Who may, by the last rule that applies',
    allow.map((rule, index) => [
      `  ${index + 1}`,
      rule.verbs.map((verb) => (verb === '*' ? 'every verb of items' : verb)).join(', '),
      scopeOf(rule),
      `by ${whoOf(rule)}`,
    ]),
  );
  part(
    'What needs a review, by the last rule that applies',
    review.map((rule, index) => [
      `  ${index + 1}`,
      scopeOf(rule),
      rule.approvals === 0
        ? 'none'
        : `${counted(rule.approvals ?? 1)} by ${whoOf(rule)}, and never by its owner`,
    ]),
  );
  if (signatures === 'required') lines.push('Every commit has to be signed by a known key of its actor.');
  if (retention_days !== undefined) lines.push(`Files of ended work are kept for ${retention_days} days.`);
  if (lines.length === 0) lines.push('There is no policy: all that the table of transitions has is allowed.');
  return { kind: 'policy', data: { roles, allow, review, signatures, retention_days }, lines };
}

async function permissionLines(ledger: ReadableLedger, permission: Permission): Promise<Line[]> {
  const { verb, actor, id, allowed, refusal, decides, rules, review, roles, keys } = permission;
  const lines: Line[] = [
    allowed === null
      ? [styled('bold', verb), ': by these rules, the last that applies. To have it decided, name an item.']
      : [
          styled('bold', actor),
          ' ',
          allowed ? styled('green', 'may') : styled('yellow', 'may not'),
          ` ${verb} ${id ?? 'the ledger'}.`,
        ],
  ];
  if (refusal !== null) lines.push(`  ${refusal.code}: ${refusal.message}`);
  if (rules.length === 0)
    lines.push('  No rule of `allow` names the verb: the table of transitions decides.');
  lines.push(
    ...columns(
      rules.map((rule): Span[] => [
        rule.number === decides ? styled('bold', `* rule ${rule.number}`) : `  rule ${rule.number}`,
        scopeOf(rule),
        `by ${whoOf(rule)}`,
      ]),
    ),
  );
  if (review !== null) {
    const given = review.given.length === 0 ? 'none yet' : `given by ${review.given.join(', ')}`;
    const by = review.roles === null ? 'anyone but its owner' : review.roles.join(', ') || 'nobody';
    lines.push(`  It needs a review (rule ${review.rule}): ${counted(review.needed)} by ${by}; ${given}.`);
  }
  if (keys.length > 0) lines.push('  The commit has to be signed: the role names keys.');
  const { roles: known = {} } = await ledger.query.settings();
  const named = new Set(
    [...rules.filter(({ number }) => number === decides), review].flatMap((one) => one?.roles ?? []),
  );
  for (const name of named) {
    const role = known[name];
    if (role !== undefined)
      lines.push(`  ${name}${roles.includes(name) ? ` (${actor})` : ''}: ${membersOf(role)}`);
  }
  return lines;
}

const counted = (approvals: number): string => (approvals === 1 ? '1 approval' : `${approvals} approvals`);

function scopeOf({ types, labels, swarms }: Rule): string {
  const parts = [
    types && `type ${types.join(' or ')}`,
    labels && `label ${labels.join(' or ')}`,
    swarms && `swarm ${swarms.join(' or ')}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

const whoOf = ({ roles }: Rule): string => (roles === undefined ? 'anyone' : roles.join(' or ') || 'nobody');

function membersOf({ members, keys }: { members: string[]; keys?: string[] | undefined }): string {
  const signed = keys === undefined ? '' : ` (signed by one of ${keys.length} keys)`;
  return `${members.join(', ') || 'nobody'}${signed}`;
}
