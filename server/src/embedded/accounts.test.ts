import { accountsContract } from '../ports/accounts.contract.js';
import { openForContract } from './temporary.contract.js';

accountsContract('the embedded store', openForContract);
