import { describe } from 'vitest';
import { auditContract } from '../../ports/audit.contract.js';
import { hasPostgres, openForContract } from './temporary.contract.js';

describe.runIf(hasPostgres)('contract', () => {
  auditContract('PostgreSQL', openForContract);
});
