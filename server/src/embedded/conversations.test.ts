import { conversationsContract } from '../ports/conversations.contract.js';
import { openForContract } from './temporary.contract.js';

conversationsContract('the embedded store', openForContract);
