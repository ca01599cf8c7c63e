import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromSeed, Order, Seeded } from '../seed/order.js';
import type { Progress } from './progress.js';

const ENTRY = join(import.meta.dirname, '../seed/main.js');

/** Fills a store before a server opens it. */
export async function seed(order: Order, progress: Progress): Promise<Seeded> {
  const child = fork(ENTRY, { serialization: 'advanced' });
  let seeded: Seeded | null = null;
  let failure = 'it said nothing';
  child.on('message', (message: FromSeed) => {
    if (message.type === 'progress') progress.now(message.what);
    else if (message.type === 'seeded') seeded = message.seeded;
    else failure = message.message;
  });
  child.send(order);
  await once(child, 'exit');
  if (seeded === null) throw new Error(`the store could not be filled: ${failure}`);
  return seeded;
}
