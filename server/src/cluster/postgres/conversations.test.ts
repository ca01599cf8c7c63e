import { describe } from 'vitest';
import { conversationsContract } from '../../ports/conversations.contract.js';
import { hasPostgres, openForContract } from './temporary.contract.js';

describe.runIf(hasPostgres)('contract', () => {
  conversationsContract('PostgreSQL', openForContract);
});
