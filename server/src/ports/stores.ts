import type { AccountStore, SessionStore } from './accounts.js';
import type { AuditLog } from './audit.js';
import type { ContactStore, ConversationStore, InboxStore } from './conversations.js';
import type { LogStore } from './log.js';
import type { OfflineQueue } from './offline.js';

/** All that is durable, as one node sees it. */
export interface Stores {
  log: LogStore;
  conversations: ConversationStore;
  inbox: InboxStore;
  contacts: ContactStore;
  accounts: AccountStore;
  sessions: SessionStore;
  audit: AuditLog;
  offline: OfflineQueue;
}
