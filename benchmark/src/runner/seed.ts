import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromSeed, Order, Seeded } from '../seed/order.js';
import type { Progress } from './progress.js';

const ENTRY = join(import.meta.dirname, '../seed/main.js');

/** Fills a store before a server opens it. */
export async function seed(order: Order, progress: Progress): Promise<Seeded> {
  const child = fork(ENTRY, { serialization: 'advanced' });
  const exited = once(child, 'exit');
  child.send(order);
  const seeded = await new Promise<Seeded>((resolve, reject) => {
    child.on('message', (message: FromSeed) => {
      if (message.type === 'progress') progress.now(message.what);
      else if (message.type === 'seeded') resolve(message.seeded);
      else reject(new Error(`the store could not be filled: ${message.message}`));
    });
    child.once('disconnect', () => reject(new Error('the process that fills the store ended early')));
  });
  await exited;
  return seeded;
}
