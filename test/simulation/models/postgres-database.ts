import type { DatabaseParts, PostgresDatabase } from '../../../server/src/cluster/postgres/database.js';
import type { Account, SessionRow } from '../../../server/src/ports/accounts.js';
import type { Asker } from './asker.js';
import { ModelConnections } from './postgres-connections.js';
import { ModelLane } from './postgres-lane.js';
import type { PostgresModel } from './postgres.js';

/** What one server has of it. */
export function databaseOf(model: PostgresModel, asker: Asker, { bootId }: DatabaseParts): PostgresDatabase {
  const connections = new ModelConnections(model, asker);
  const ask = <T>(read: () => T) => connections.ask(read);
  const { tables } = model;
  const change = (id: string, edit: (account: Account) => void) =>
    ask(() => {
      const account = tables.accounts.get(id);
      if (account !== undefined) edit(account);
    });
  const open = (id: string, edit: (account: Account) => void) =>
    change(id, (account) => account.closedAt === null && edit(account));
  const accounts = () => [...tables.accounts.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const held = () => [...tables.sessions.values()];
  const nowMs = () => model.clockMs();
  return {
    connections,
    lane: () => new ModelLane(model, asker, bootId),
    partitions: { make: () => ask(() => undefined), drop: () => ask(() => model.drop()) },
    accounts: {
      create: (account) =>
        ask(() => {
          if (accounts().some((other) => keyOf(other) === keyOf(account))) return false;
          tables.accounts.set(account.id, { ...account });
          return true;
        }),
      byUsername: (name) => ask(() => copyOf(accounts().find((account) => keyOf(account) === name.toLowerCase()) ?? null)),
      byUsernames: (names) =>
        ask(() => {
          const keys = new Set(names.map((name) => name.toLowerCase()));
          return accounts().flatMap((account) => (keys.has(keyOf(account)) ? { ...account } : []));
        }),
      byIds: (ids) => ask(() => ids.flatMap((id) => copyOf(tables.accounts.get(id) ?? null) ?? [])),
      search: (prefix, limit, after) =>
        ask(() =>
          accounts()
            .filter((account) => account.closedAt === null && keyOf(account).startsWith(prefix.toLowerCase()))
            .filter((account) => after === undefined || keyOf(account) > after.toLowerCase())
            .slice(0, limit)
            .map((account) => ({ ...account })),
        ),
      names: (after, limit) =>
        ask(() =>
          accounts()
            .map(keyOf)
            .filter((name) => name > after)
            .slice(0, limit),
        ),
      setPassword: (id, passwordHash) => change(id, (account) => (account.passwordHash = passwordHash)),
      setProfile: (id, { displayName, colour, invisible }) =>
        change(id, (account) => {
          if (displayName !== undefined) account.displayName = displayName;
          if (colour !== undefined) account.colour = colour;
          if (invisible !== undefined) account.invisible = invisible;
        }),
      close: (id, at) =>
        open(id, (account) =>
          Object.assign(account, {
            closedAt: at,
            displayName: null,
            colour: null,
            passwordHash: '',
            lastSeen: null,
            invisible: true,
            admin: false,
          }),
        ),
      setAdmin: (id, admin) => open(id, (account) => (account.admin = admin)),
      setSuspended: (id, at) => open(id, (account) => (account.suspendedAt = at === null ? null : (account.suspendedAt ?? at))),
      setLastSeen: (seen) =>
        ask(() => {
          for (const { userId, at } of seen) {
            const account = tables.accounts.get(userId);
            if (account?.closedAt === null) account.lastSeen = Math.max(account.lastSeen ?? 0, at);
          }
        }),
    },
    sessions: {
      create: (session) => ask(() => void tables.sessions.set(session.id, { ...session })),
      get: (id) =>
        ask(() => {
          const session = tables.sessions.get(id);
          return session !== undefined && session.expiresAt > nowMs() ? { ...session } : null;
        }),
      list: (userId, now) =>
        ask(() =>
          held()
            .filter((session) => session.userId === userId && session.expiresAt > now)
            .sort((a, b) => b.lastUsedAt - a.lastUsedAt || (a.id < b.id ? -1 : 1)),
        ),
      end: (userId, id) => ask(() => tables.sessions.get(id)?.userId === userId && tables.sessions.delete(id)),
      endOthers: (userId, keep) =>
        ask(() => {
          const ended = held().filter((session) => session.userId === userId && session.id !== keep);
          for (const { id } of ended) tables.sessions.delete(id);
          return ended.map(({ id }) => id);
        }),
      endedAmong: (ids) => ask(() => ids.filter((id) => (tables.sessions.get(id)?.expiresAt ?? 0) <= nowMs())),
      touch: (id, at) =>
        ask(() => {
          const session = tables.sessions.get(id);
          if (session !== undefined) session.lastUsedAt = Math.max(session.lastUsedAt, at);
        }),
      purge: (now, limit) =>
        ask(() => {
          const expired = held()
            .filter((session: SessionRow) => session.expiresAt < now)
            .slice(0, limit);
          for (const { id } of expired) tables.sessions.delete(id);
          return expired.length;
        }),
    },
    audit: {
      add: (entry) => ask(() => void tables.audit.push(entry)),
      page: (before, limit) =>
        ask(() =>
          tables.audit
            .filter(({ id }) => before === null || id < before)
            .sort((a, b) => (a.id < b.id ? 1 : -1))
            .slice(0, limit),
        ),
    },
    refuseHalfImported: () => ask(() => undefined),
    beat: () => ask(() => undefined),
    close: () => Promise.resolve(),
  };
}

const keyOf = ({ username }: Account) => username.toLowerCase();
const copyOf = (account: Account | null) => account && { ...account };
