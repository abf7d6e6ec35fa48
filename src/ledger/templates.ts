import { MAX_AUXILIARY_BYTES } from '../codec/auxiliary-files.ts';
import { describeProblem } from '../codec/problem.ts';
import { readYaml } from '../codec/read-yaml.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { type NewWork, newWorkSchema } from '../domain/item-schema.ts';
import { describeIssue, lazySchema } from '../domain/schema.ts';
import { itemTemplates } from './branch-files.ts';
import { type Connection, currentTip } from './connection.ts';

/** What is one item's alone is not copied from a template: its place among others, its time, its key. */
const ALONE = {
  parent_id: true,
  dependencies: true,
  links: true,
  not_before: true,
  due_at: true,
  idempotency_key: true,
} as const;

/** What a template says of items that are made from it; `title` says what a title should tell. */
export type TemplateFields = Partial<Omit<NewWork, keyof typeof ALONE>>;

export interface ItemTemplate {
  name: string;
  /** `ledger`: it stands on the ledger's branch, under `templates/`. `program`: this program brings it along. */
  from: 'ledger' | 'program';
  fields: TemplateFields;
}

/** A template as it is listed; one that cannot be read says why. */
export type ListedTemplate = ItemTemplate | (Omit<ItemTemplate, 'fields'> & { problem: string });

const templateSchema = lazySchema(() => newWorkSchema().omit(ALONE).partial().strict());

const FILE = /^templates\/([\w.@+-]+)\.yaml$/;

/**
 * The template of a name: the ledger's own, else the one that the program brings along.
 *
 * @throws LedgerError `INVALID_INPUT` where there is none, with those there are, or where its file cannot be read
 */
export async function readTemplate(connection: Connection, name: string): Promise<ItemTemplate> {
  const all = await filesOf(connection);
  const found = all.get(name);
  if (found !== undefined) return { name, from: found.from, fields: parseTemplate(found) };
  throw new LedgerError('INVALID_INPUT', `There is no template ${JSON.stringify(name)}.`, {
    hint: `There are: ${[...all.keys()].sort().join(', ')}`,
    details: { template: name, templates: [...all.keys()].sort() },
  });
}

/** Every template, by name. */
export async function listTemplates(connection: Connection): Promise<ListedTemplate[]> {
  const all = await filesOf(connection);
  return [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, file]) => {
      const { from } = file;
      try {
        return { name, from, fields: parseTemplate(file) };
      } catch (error) {
        // One that is broken hides none of the others.
        if (!isLedgerError(error, 'INVALID_INPUT')) throw error;
        return { name, from, problem: error.message };
      }
    });
}

interface TemplateFile {
  path: string;
  from: ItemTemplate['from'];
  /** `undefined` where it is no plain file, or too large. */
  bytes: Uint8Array | undefined;
}

/** The ledger's own stand in place of the program's. */
async function filesOf(connection: Connection): Promise<Map<string, TemplateFile>> {
  const found = new Map<string, TemplateFile>();
  const add = (file: TemplateFile): void => {
    const name = FILE.exec(file.path)?.[1];
    if (name !== undefined) found.set(name, file);
  };
  for (const { path, text } of itemTemplates()) add({ path, from: 'program', bytes: Buffer.from(text) });
  const store = await connection.store();
  const entries = (await store.readTree(await currentTip(connection))).filter(({ path }) => FILE.test(path));
  const plain = entries.filter(({ mode }) => mode === '100644').map(({ oid }) => oid);
  const blobs = await store.readBlobs(plain, MAX_AUXILIARY_BYTES);
  for (const { path, mode, oid } of entries) {
    const blob = mode === '100644' ? blobs.get(oid) : undefined;
    add({ path, from: 'ledger', bytes: blob?.kind === 'bytes' ? blob.bytes : undefined });
  }
  return found;
}

function parseTemplate({ path, bytes }: TemplateFile): TemplateFields {
  if (bytes === undefined) throw broken(path, 'it is no plain file, or too large');
  const read = readYaml(bytes);
  if (read.kind === 'problem') throw broken(path, describeProblem(read.problem));
  const parsed = templateSchema().safeParse(read.map);
  const issue = parsed.error?.issues[0];
  if (issue === undefined) return read.map as TemplateFields;
  const at = read.locate(issue.path);
  throw broken(
    path,
    describeProblem({ rule: 'schema', message: describeIssue(issue), line: at?.line, column: at?.column }),
  );
}

const broken = (path: string, problem: string): LedgerError =>
  new LedgerError('INVALID_INPUT', `The template ${path} cannot be read: ${problem}.`, { details: { path } });
