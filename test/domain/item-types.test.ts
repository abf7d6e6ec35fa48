import { expect, expectTypeOf, test } from 'vitest';
import {
  isTerminal,
  type Json,
  type JsonMap,
  type WorkItem,
  type WorkStatus,
} from '../../src/domain/item.ts';
import { unknownKeys } from '../../src/domain/item-keys.ts';
import { itemOf } from '../transfer/memory-ledger.ts';

// What stands here is for the compiler: it checks tests, too.

test('given a key that no field has, when it is asked of an item, then it does not compile', () => {
  const item = itemOf({});
  // @ts-expect-error a slip of the pen
  expect(item.titel).toBeUndefined();
  // @ts-expect-error an unknown key is had by `unknownKeys` alone
  expect(item.later).toBeUndefined();
});

test('given keys of a later version, when an item has them, then they are kept, and had by a function', () => {
  const item: WorkItem = { ...itemOf({}), ...{ later: { a: [1] } } };
  expect(unknownKeys(item)).toEqual({ later: { a: [1] } });
  expect(unknownKeys(itemOf({}))).toEqual({});
  expectTypeOf(unknownKeys(item)).toEqualTypeOf<JsonMap>();
});

test('given what a caller knows of its own data, when it says so, then the item has those types', () => {
  interface Context {
    branch: string;
  }
  type Mine = WorkItem<Context, { step: number }, { commit: string }>;
  expectTypeOf<Mine['context']>().toEqualTypeOf<Context>();
  expectTypeOf<NonNullable<Mine['checkpoint']>['data']>().toEqualTypeOf<{ step: number } | undefined>();
  expectTypeOf<NonNullable<Mine['result']>>().toEqualTypeOf<{ commit: string }>();
  expectTypeOf<WorkItem['context']>().toEqualTypeOf<JsonMap>();
  expectTypeOf<NonNullable<WorkItem['checkpoint']>['data']>().toEqualTypeOf<Json | undefined>();
});

test('given a status, when it is asked whether it ends the item, then what is left is open', () => {
  const ended = (status: WorkStatus): boolean => {
    if (isTerminal(status)) {
      expectTypeOf(status).toEqualTypeOf<'completed' | 'failed' | 'cancelled'>();
      return true;
    }
    expectTypeOf(status).toEqualTypeOf<'pending' | 'in_progress' | 'blocked' | 'in_review'>();
    return false;
  };
  expect([ended('failed'), ended('blocked')]).toEqual([true, false]);
});

test('given optional fields, when an item is of any status, then its type promises none of them: an import need not bring them', () => {
  expectTypeOf<WorkItem['claim']>().extract<undefined>().toEqualTypeOf<undefined>();
  expectTypeOf<WorkItem['completed_at']>().toEqualTypeOf<string | undefined>();
});
