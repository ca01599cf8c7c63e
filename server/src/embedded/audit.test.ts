import { auditContract } from '../ports/audit.contract.js';
import { openForContract } from './temporary.contract.js';

auditContract('the embedded store', openForContract);
