import { offlineContract } from '../ports/offline.contract.js';
import { openForContract } from './temporary.contract.js';

offlineContract('the embedded store', openForContract);
