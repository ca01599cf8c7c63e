import { describe } from 'vitest';
import { logContract } from '../../ports/log.contract.js';
import { hasPostgres, openForContract } from './temporary.contract.js';

describe.runIf(hasPostgres)('contract', () => {
  logContract('PostgreSQL', openForContract);
});
