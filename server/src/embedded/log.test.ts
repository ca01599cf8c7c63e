import { logContract } from '../ports/log.contract.js';
import { openForContract } from './temporary.contract.js';

logContract('the embedded store', openForContract);
