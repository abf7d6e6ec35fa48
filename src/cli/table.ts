import type { Command } from './command.ts';
import { AGENTS } from './table/agents.ts';
import { AUDIT } from './table/audit.ts';
import { BRANCH } from './table/branch.ts';
import { DOING } from './table/doing.ts';
import { HOOKS } from './table/hooks.ts';
import { ITEMS } from './table/items.ts';
import { LEDGER } from './table/ledger.ts';
import { LOOKING } from './table/looking.ts';
import { POLICY } from './table/policy.ts';
import { PRESENCE } from './table/presence.ts';
import { REPAIR } from './table/repair.ts';
import { REVIEW } from './table/review.ts';
import { TALKING } from './table/talking.ts';

/** Every command: what `--help`, the parser and docs/cli.md are made from. */
export const COMMANDS: readonly Command[] = [
  ...ITEMS,
  ...DOING,
  ...REVIEW,
  ...AGENTS,
  ...PRESENCE,
  ...TALKING,
  ...LOOKING,
  ...AUDIT,
  ...LEDGER,
  ...POLICY,
  ...BRANCH,
  ...HOOKS,
  ...REPAIR,
];

/** Words that only stand before another one. */
export const FAMILIES: Readonly<Record<string, string>> = {
  dep: 'what an item has to wait for',
  files: 'what the branch holds beside items',
  hooks: 'what git itself refuses',
  review: 'work that waits to be accepted',
};
