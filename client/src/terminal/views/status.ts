import type { http } from '@parley/protocol';
import type { ConnectionState } from '../../connection.js';
import { bad, dim, good, type Row } from '../text/row.js';

/** What there is to say about a client and its server. */
export interface Status {
  username: string;
  url: string;
  chat: ConnectionState;
  presence: ConnectionState;
  unsent: number;
  unread: number;
  /** Null: no answer. */
  server: { health: http.Health; tookMs: number } | null;
  now: number;
}

export function statusRows({ username, url, chat, presence, unsent, unread, server, now }: Status): Row[] {
  return [
    [dim('you       '), username],
    [dim('chat      '), stateSpan(chat, now)],
    [dim('presence  '), stateSpan(presence, now)],
    [dim('unsent    '), String(unsent)],
    [dim('unread    '), String(unread)],
    [dim('server    '), `${url} `, server === null ? bad('does not answer') : healthText(server)],
  ];
}

const healthText = ({ health: { status, version, uptime }, tookMs }: NonNullable<Status['server']>) =>
  `${status}, version ${version}, up ${Math.round(uptime)} s, answered in ${tookMs} ms`;

function stateSpan(state: ConnectionState, now: number) {
  switch (state.name) {
    case 'live':
      return good('live');
    case 'waiting':
      return bad(`waiting, next try in ${Math.max(0, Math.ceil((state.retryAt - now) / 1_000))} s`);
    case 'closed':
      return bad(`closed: ${state.cause}`);
    case 'idle':
    case 'connecting':
    case 'syncing':
      return dim(state.name);
    default:
      return state satisfies never;
  }
}
