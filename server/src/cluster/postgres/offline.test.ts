import { describe } from 'vitest';
import { offlineContract } from '../../ports/offline.contract.js';
import { hasPostgres, openForContract } from './temporary.contract.js';

describe.runIf(hasPostgres)('contract', () => {
  offlineContract('PostgreSQL', openForContract);
});
