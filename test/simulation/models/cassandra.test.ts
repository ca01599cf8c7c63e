import { test } from 'vitest';
import { rowsAreWhatIsKnown } from '../../../server/src/cluster/cassandra/history.contract.js';
import { Chance } from '../chance.js';
import { machineTime } from '../time.js';
import { CassandraModel } from './cassandra.js';
import { immortal } from './immortal.js';

test('R18 on the model of Cassandra: a row is what is known of it, in whatever order and how often its entries are written', async () => {
  const model = new CassandraModel(machineTime, new Chance(1), { minMs: 0, maxMs: 0.2 });
  await rowsAreWhatIsKnown([await model.open(immortal), await model.open(immortal)], 40);
});
