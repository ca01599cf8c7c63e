import { describe } from 'vitest';
import { accountsContract } from '../../ports/accounts.contract.js';
import { hasPostgres, openForContract } from './temporary.contract.js';

describe.runIf(hasPostgres)('contract', () => {
  accountsContract('PostgreSQL', openForContract);
});
