import { randomUUID } from 'node:crypto';
import { openPostgres } from '../../../server/src/cluster/postgres/open.js';
import { processRuntime } from '../../../server/src/host/runtime.js';
import { accountsContract } from '../../../server/src/ports/accounts.contract.js';
import { auditContract } from '../../../server/src/ports/audit.contract.js';
import { conversationsContract } from '../../../server/src/ports/conversations.contract.js';
import { logContract } from '../../../server/src/ports/log.contract.js';
import { offlineContract } from '../../../server/src/ports/offline.contract.js';
import type { OpenStores } from '../../../server/src/ports/stage.contract.js';
import { Chance } from '../chance.js';
import { EPOCH, machineTime } from '../time.js';
import { CassandraModel } from './cassandra.js';
import { immortal, silentLogger, silentMeter } from './immortal.js';
import { PostgresModel } from './postgres.js';

/** Two servers on one model, in the machine's own time: the stores are the real ones above its connections. */
const open =
  (lostAfter: number): OpenStores =>
  async () => {
    const chance = new Chance(1);
    const clockOffMs = Date.now() - EPOCH - machineTime.now();
    const model = new PostgresModel(machineTime, chance, { minLatencyMs: 0, maxLatencyMs: 0.1, clockOffMs, lostAfter });
    const archive = await new CassandraModel(machineTime, chance, { minMs: 0, maxMs: 1 }).open(immortal);
    const node = () =>
      openPostgres(
        {
          url: '',
          lanes: 2,
          connections: 4,
          journalKeptMs: 7_200_000,
          runtime: processRuntime,
          meter: silentMeter,
          logger: silentLogger,
          archive,
          bootId: randomUUID(),
        },
        model.open(immortal),
      );
    const nodes = await Promise.all([node(), node()]);
    return { nodes: [nodes[0], nodes[1]], close: async () => void (await Promise.all(nodes.map((each) => each.close()))) };
  };

const calm = open(0);
logContract('the model of PostgreSQL', calm);
conversationsContract('the model of PostgreSQL', calm);
offlineContract('the model of PostgreSQL', calm);
accountsContract('the model of PostgreSQL', calm);
auditContract('the model of PostgreSQL', calm);
