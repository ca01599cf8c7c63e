import type { ParleyApi } from '../api.js';
import type { ParleyClient } from '../client.js';
import type { Cable } from './cable.js';
import type { StateFolder } from './state-folder.js';

/** The person at the terminal, and what they speak through. */
export interface Me {
  username: string;
  url: string;
  api: ParleyApi;
  client: ParleyClient;
  cable: Cable;
  state: StateFolder | null;
  /** Unsent messages outlive the program. */
  isDurable: boolean;
}
