import { describe } from 'vitest';
import { conversationsContract } from '../../ports/conversations.contract.js';
import { logContract } from '../../ports/log.contract.js';
import { offlineContract } from '../../ports/offline.contract.js';
import { hasPostgres, openForgetful } from './temporary.contract.js';

describe.runIf(hasPostgres)('contract', () => {
  logContract('PostgreSQL that keeps little, and an archive', openForgetful);
  conversationsContract('PostgreSQL that keeps little, and an archive', openForgetful);
  offlineContract('PostgreSQL that keeps little, and an archive', openForgetful);
});
