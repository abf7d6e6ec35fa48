import { beforeEach, describe, expect, test } from 'vitest';
import { Conversation } from '../../../src/agents/workers/conversation.ts';
import { EscalationProtocol } from '../../../src/agents.ts';
import { itemOf, type WorkLedger } from '../../../src/index.ts';
import { refusalOf } from '../../helpers/refusal.ts';
import { makeWorld } from '../../helpers/replicas.ts';

let ada: WorkLedger;
let talk: Conversation;

beforeEach(async () => {
  const { replicas } = await makeWorld(['ada']);
  ada = replicas[0]?.ledger as WorkLedger;
  talk = begin();
});

const begin = (execution_id?: string): Conversation =>
  new Conversation({ ledger: ada, execution_id, program: 'test' });
const make = async (title: string): Promise<string> => (await ada.createWork({ title })).id;
const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

describe('given a conversation', () => {
  test('when it claims, then the item is its own, and no other one’s of the same actor in the same clone', async () => {
    const id = await make('One');
    const { claim } = itemOf(await talk.claim(id));
    expect(claim?.execution_id).toMatch(/^talk-/);
    expect(idsOf(await talk.held())).toEqual([id]);
    const other = begin();
    expect(await other.held()).toEqual([]);
    const refusal = await refusalOf(
      other.write(id, (proof) => ada.work.checkpoint(id, { step: 'mine' }, proof)),
    );
    expect(refusal.code).toBe('STALE_EPOCH');
    await other.close();
    expect((await ada.query.find(id))?.status).toBe('in_progress');
  });

  test('when it writes what nobody holds, then it is told to claim it first', async () => {
    const id = await make('One');
    const refusal = await refusalOf(talk.write(id, (proof) => ada.work.complete(id, proof)));
    expect(refusal).toMatchObject({ code: 'NOT_OWNER', hint: `Claim it first: wl claim ${id}` });
  });

  test('when it claims what it holds, then it is answered as it is', async () => {
    const id = await make('One');
    const first = itemOf(await talk.claim(id));
    const again = itemOf(await talk.claim(id));
    expect(again.claim).toEqual(first.claim);
  });

  test('when it holds several, then each has an execution of its own, and what is over gives its name back', async () => {
    const [one, two] = [await make('One'), await make('Two')];
    const names = [itemOf(await talk.claim(one)), itemOf(await talk.claim(two))].map(
      ({ claim }) => claim?.execution_id,
    );
    expect(names[1]).toBe(`${names[0]}.2`);
    await talk.write(one, (proof) => ada.work.complete(one, proof));
    expect(idsOf(await talk.held())).toEqual([two]);
    expect(talk.execution_id).toBe(names[0]);
  });

  test('when it ends, then what it holds is given back with its checkpoint, and what waits for an answer stays', async () => {
    const [one, two] = [await make('One'), await make('Two')];
    await talk.claim(one);
    await talk.write(one, (proof) => ada.work.checkpoint(one, { step: 'half' }, proof));
    await talk.claim(two);
    const protocol = new EscalationProtocol({ ledger: ada });
    await talk.write(two, (proof) => protocol.escalate({ work_id: two, question: 'Which?', ...proof }));
    await talk.close();
    expect(await ada.query.find(one)).toMatchObject({ status: 'pending', checkpoint: { step: 'half' } });
    expect((await ada.audit.history(one)).at(-1)).toMatchObject({
      verb: 'release',
      reason: 'its conversation ended',
    });
    expect((await ada.query.find(two))?.status).toBe('blocked');
  });

  test('when nothing is ready, then the next one is nothing, and nothing is remembered of it', async () => {
    expect(await talk.claimNext({})).toBeUndefined();
    const id = await make('One');
    expect((await talk.claimNext({}))?.item.id).toBe(id);
    expect(talk.execution_id).toMatch(/\.2$/);
  });

  test('when a claim is lost to someone else, then its name is free again', async () => {
    const id = await make('One');
    await begin().claim(id);
    await refusalOf(Promise.resolve(talk.claim(id)).then(itemOf));
    expect(talk.execution_id).not.toContain('.');
    expect(await talk.held()).toEqual([]);
  });
});

describe('given a conversation of an execution that others began', () => {
  test('when it ends, then what the execution holds is kept', async () => {
    const id = await make('One');
    const of = begin('exec-7');
    expect(itemOf(await of.claim(id)).claim?.execution_id).toBe('exec-7');
    expect(idsOf(await of.held())).toEqual([id]);
    await of.close();
    expect(await ada.query.find(id)).toMatchObject({
      status: 'in_progress',
      claim: { execution_id: 'exec-7' },
    });
  });
});
