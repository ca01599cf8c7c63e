import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Archive } from '../../../server/src/cluster/archive.js';
import { history, TIMES, Told } from '../../../server/src/cluster/cassandra/history.contract.js';
import { BUCKET_SEQS } from '../../../server/src/cluster/cassandra/table.js';
import { Chance } from '../chance.js';
import { machineTime } from '../time.js';
import { CassandraModel } from './cassandra.js';
import { immortal } from './immortal.js';

const all = (archive: Archive, conversationId: string) =>
  archive.read({ conversationId, from: 1, to: 3 * BUCKET_SEQS, limit: 3 * BUCKET_SEQS, newestFirst: false });

/** The same that the archive does on the real one: see cluster/cassandra/archive.test.ts. */
test('R18 the archive on the model of Cassandra: whatever order and repetition of writes, each row ends as it should', async () => {
  const model = new CassandraModel(machineTime, new Chance(1), { minMs: 0, maxMs: 0.2 });
  const [archive, other] = await Promise.all([model.open(immortal), model.open(immortal)]);
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const told = new Told(steps);
      for (let time = 0; time < TIMES; time += 1) {
        await Promise.all(told.callsAt(time).map((entries, i) => (i % 2 === 0 ? archive : other).write(entries)));
        const messages = (await all(archive, told.conversationId)).filter(({ kind }) => kind === 'message');
        expect(messages).toEqual(told.messagesAfter(time));
      }
      expect(await all(archive, told.conversationId)).toEqual(told.final);
    }),
    { numRuns: 40 },
  );
});
