import type { http } from '@parley/protocol';

/** What one server is doing. */
export type ServerNumbers = http.ServerNumbers;

/** What the servers tell of themselves, for operators. Nothing is lost with it. */
export interface Fleet {
  /** To be told again and again: what is old is not shown. */
  tell(numbers: ServerNumbers): Promise<void>;
  /** Of the servers that are live, without this one. */
  others(): Promise<ServerNumbers[]>;
}
