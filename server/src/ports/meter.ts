/** What is counted and timed. Names are those of the metrics page; see docs/operations.md. */
export interface Meter {
  count(name: CounterName, by?: number): void;
  time(name: TimerName, seconds: number): void;
  set(name: GaugeName, value: number): void;
}
/** What was counted and set, to be shown to people. */
export interface Readings {
  counted(name: CounterName): Promise<number>;
  gauge(name: GaugeName): Promise<number>;
}
export type CounterName =
  | 'messages_sent_direct'
  | 'messages_sent_group'
  | 'messages_repeated'
  | 'messages_refused'
  | 'entries_delivered'
  | 'frames_dropped'
  | 'hints_lost'
  | 'hints_poisoned'
  | 'ephemerals_dropped'
  | 'roster_hits'
  | 'roster_misses'
  | 'names_hits'
  | 'names_misses'
  | 'page_cache_hits'
  | 'page_cache_misses'
  | 'session_cache_hits'
  | 'session_cache_misses'
  | 'existence_filter_hits'
  | 'redis_commands'
  | 'archive_requests'
  | 'archive_rows'
  | 'logins'
  | 'logins_refused'
  | 'rate_limited'
  | 'connections_closed_slow'
  | 'commits'
  | 'commands_committed';
export type TimerName = 'commit_seconds' | 'accept_to_deliver_seconds' | 'history_seconds' | 'inbox_seconds';
export type GaugeName =
  | 'commit_queue'
  | 'offline_rows'
  | 'connections_chat'
  | 'connections_presence'
  | 'journal_unarchived'
  | 'journal_age_seconds'
  | 'jobs_waiting'
  | 'jobs_active'
  | 'jobs_dead';
