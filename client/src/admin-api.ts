import type { http } from '@parley/protocol';
import { path, type ParleyApi } from './api.js';

/**
 * What operators of a server may do, by the API of one of them. For everybody else every call rejects with `not_allowed`.
 *
 * @example
 * const admin = new AdminApi(api);
 * const { servers } = await admin.numbers();
 */
export class AdminApi {
  readonly #api: ParleyApi;

  constructor(api: ParleyApi) {
    this.#api = api;
  }

  /** What each server is doing. */
  numbers(): Promise<http.Numbers> {
    return this.#api.call('GET', '/admin/api/numbers');
  }
  /** What the server needs, and how long its last answers took. */
  health(): Promise<http.AdminHealth> {
    return this.#api.call('GET', '/admin/api/health');
  }

  /** By username; the next page begins `after` the last of this one. */
  users(
    query: { prefix?: string | undefined; after?: string | undefined; limit?: number | undefined } = {},
  ): Promise<http.AdminUsers> {
    return this.#api.call('GET', '/admin/api/users', undefined, { ...query });
  }
  /** No more signing in; all sessions end. */
  suspend(username: string): Promise<http.AdminUser> {
    return this.#api.call('PUT', path`/admin/api/users/${username}/suspension`);
  }
  unsuspend(username: string): Promise<http.AdminUser> {
    return this.#api.call('DELETE', path`/admin/api/users/${username}/suspension`);
  }
  /** Signs somebody out everywhere; gives how many sessions that were. */
  async endSessions(username: string): Promise<number> {
    return (await this.#api.call<{ ended: number }>('DELETE', path`/admin/api/users/${username}/sessions`)).ended;
  }

  /** Queues of jobs and their dead letters; `queues` is null where there are none. */
  queues(): Promise<http.Queues> {
    return this.#api.call('GET', '/admin/api/queues');
  }
  replay(id: string): Promise<void> {
    return this.#api.call('POST', '/admin/api/queues/replay', { id });
  }
  drop(id: string): Promise<void> {
    return this.#api.call('POST', '/admin/api/queues/drop', { id });
  }

  /** What operators did, the newest first; the next page ends `before` the last of this one. */
  audit(query: { before?: string | undefined; limit?: number | undefined } = {}): Promise<http.AuditLog> {
    return this.#api.call('GET', '/admin/api/audit', undefined, { ...query });
  }
}
