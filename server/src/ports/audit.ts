import type { http } from '@parley/protocol';

/** Something that an operator did. Ids rise with time. */
export type AuditEntry = http.AuditEntry;

/** What operators did. Nothing in it is ever changed or deleted. */
export interface AuditLog {
  add(entry: AuditEntry): Promise<void>;
  /** The newest first; `before`: only those before this id. */
  page(before: string | null, limit: number): Promise<AuditEntry[]>;
}
