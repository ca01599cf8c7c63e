import type { http } from '@parley/protocol';
import type { PresenceOf } from '../../presence.js';
import { dim, good, name, type Row } from '../text/row.js';
import { ago, shortTime } from '../text/time.js';

/** Somebody's presence in words: `online`, `offline, seen 3 min ago`. */
export function presenceText({ status, lastSeen, isStale }: PresenceOf, now: number): string {
  const seen = status === 'offline' && lastSeen !== null ? `, seen ${ago(lastSeen, now)}` : '';
  return `${status}${seen}${isStale ? ' (as last heard)' : ''}`;
}

export function presenceRow(username: string, presence: PresenceOf, now: number): Row {
  const tone = presence.status === 'online' ? good : dim;
  return [tone(presence.status === 'online' ? '• ' : '· '), name(username), ': ', tone(presenceText(presence, now))];
}

/** Members of a group, with how far each has received and read. */
export function memberRows(members: http.Members['members']): Row[] {
  return members.map(({ username, role, delivered, read }) => [
    name(username),
    role === 'member' ? '' : ` (${role})`,
    dim(`, received up to ${delivered}, read up to ${read}`),
  ]);
}

export function sessionRows(sessions: readonly http.Session[], now: number): Row[] {
  return sessions.map(({ current, userAgent, address, lastUsedAt }, index) => [
    dim(`${index + 1}. `),
    current ? good('this one, ') : '',
    `${userAgent ?? 'unknown program'} at ${address ?? 'unknown address'}`,
    dim(`, used ${shortTime(lastUsedAt, now)}`),
  ]);
}
