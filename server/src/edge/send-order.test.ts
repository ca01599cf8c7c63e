import type { Refusal } from '@parley/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { ManualRuntime } from '../testing/manual-runtime.js';
import { SendOrder } from './send-order.js';

let runtime: ManualRuntime;
let order: SendOrder;
let n: number;
beforeEach(() => {
  runtime = new ManualRuntime();
  order = new SendOrder(runtime);
  n = 0;
});

const message = (clientMessageId: string, to = 'bob') => ({ to, clientMessageId, n: ++n });
type Message = ReturnType<typeof message>;
const passes = (send: Message) => {
  try {
    order.check(send);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'previous_failed' } satisfies Partial<Refusal>);
    return false;
  }
};

describe('R4 the order of one connection across refusals', () => {
  test('after a refusal nothing to that conversation passes but the refused message; then all does', () => {
    order.refused(message('a'));
    expect([passes(message('b')), passes(message('c', 'cleo')), passes(message('a')), passes(message('b'))]).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  test('of several that were in line and refused, the first has to come first', () => {
    for (const id of ['a', 'b', 'c']) order.refused(message(id));
    expect([passes(message('b')), passes(message('a'))]).toEqual([false, true]);
  });

  test('so it has if its refusal comes last: the others are not to overtake it', () => {
    const [a, b] = [message('a'), message('b')];
    order.refused(b);
    order.refused(message('b'));
    order.refused(a);
    expect([passes(message('b')), passes(message('a')), passes(message('b'))]).toEqual([false, true, true]);
  });

  test('a client that gives up on the refused message is not shut out for longer than ten seconds', () => {
    order.refused(message('a'));
    expect(passes(message('b'))).toBe(false);
    runtime.advance(10_001);
    expect(passes(message('b'))).toBe(true);
  });
});
