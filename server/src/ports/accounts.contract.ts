import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Account, SessionRow } from './accounts.js';
import { Stage, type OpenStores } from './stage.contract.js';

/** What every store of accounts and sessions keeps. */
export function accountsContract(name: string, open: OpenStores): void {
  describe(`accounts on ${name}`, () => {
    accounts(new Stage(open));
  });
  describe(`sessions on ${name}`, () => {
    sessions(new Stage(open));
  });
}

function accounts(stage: Stage): void {
  const account = (username: string, more: Partial<Account> = {}): Account => ({
    id: randomUUID(),
    username,
    displayName: null,
    colour: null,
    passwordHash: 'hash',
    admin: false,
    invisible: false,
    lastSeen: null,
    closedAt: null,
    suspendedAt: null,
    createdAt: 1_790_000_000_000,
    ...more,
  });
  const store = (turn = 0) => stage.node(turn).accounts;

  it('keeps an account as it was made, and finds it whatever the case', async () => {
    const ann = account('Ann.Case', { displayName: 'Ann', colour: 'teal', admin: true, invisible: true, lastSeen: 5 });
    expect(await store().create(ann)).toBe(true);
    expect(await store(1).byUsername('ann.cASE')).toEqual(ann);
    expect(await store().byIds([ann.id, randomUUID()])).toEqual([ann]);
    expect(await store().byUsername('nobody-here')).toBeNull();
    expect(await store(1).byUsernames(['ANN.case', 'nobody-here', 'Ann.Case'])).toEqual([ann]);
    expect(await store().byUsernames([])).toEqual([]);
    expect(await store().byIds([])).toEqual([]);
  });

  it('a username belongs to one account, whatever the case and however they race', async () => {
    const tries = await Promise.all(
      ['dora', 'Dora', 'DORA', 'dORA'].map((username, turn) => store(turn).create(account(username))),
    );
    expect(tries.filter(Boolean)).toHaveLength(1);
  });

  it('W66 a closed account keeps its name and id, and is found by nobody who searches', async () => {
    const gone = account('gone.away', { displayName: 'Gone', colour: 'plum', admin: true, lastSeen: 5 });
    await store().create(gone);
    await store().close(gone.id, 7);
    await store(1).close(gone.id, 8);
    await store().setLastSeen([{ userId: gone.id, at: 9 }]);
    const closed = {
      ...gone,
      displayName: null,
      colour: null,
      admin: false,
      invisible: true,
      lastSeen: null,
      passwordHash: '',
      closedAt: 7,
    };
    expect(await store(1).byIds([gone.id])).toEqual([closed]);
    expect(await store(1).byUsername('Gone.Away')).toEqual(closed);
    expect(await store(1).search('gone.', 10)).toEqual([]);
    expect(await store(1).create(account('GONE.away'))).toBe(false);
  });

  it('finds many by id', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => account(`many${n}`));
    await Promise.all(many.map((each) => store().create(each)));
    expect(await store(1).byIds(many.map((each) => each.id))).toHaveLength(1_200);
  });

  it('searches by prefix, in order, without wildcards', async () => {
    const names = ['sea_b', 'SEA.a', 'seaxb', 'sea', 'seb', 'Sea-z'];
    for (const username of names) await store().create(account(username));
    const found = async (prefix: string, limit = 10) => (await store(1).search(prefix, limit)).map((each) => each.username);
    expect(await found('SeA')).toEqual(['sea', 'Sea-z', 'SEA.a', 'sea_b', 'seaxb']);
    expect(await found('sea', 2)).toEqual(['sea', 'Sea-z']);
    expect((await store(1).search('sea', 2, 'SEA-Z')).map((each) => each.username)).toEqual(['SEA.a', 'sea_b']);
    expect((await store().search('', 2, 'SEA_b')).map((each) => each.username)).toEqual(['seaxb', 'seb']);
    expect(await found('sea_')).toEqual(['sea_b']);
    expect(await found('sea%')).toEqual([]);
  });

  it('changes what is asked for and nothing else', async () => {
    const eve = account('eve-change');
    await store().create(eve);
    await store().setPassword(eve.id, 'other');
    await store().setProfile(eve.id, { displayName: 'Eve' });
    await store(1).setProfile(eve.id, { invisible: true });
    await store().setProfile(eve.id, { colour: 'rose' });
    await store().setProfile(eve.id, {});
    expect(await store().byUsername('eve-change')).toEqual({
      ...eve,
      passwordHash: 'other',
      displayName: 'Eve',
      colour: 'rose',
      invisible: true,
    });
    await store().setProfile(eve.id, { displayName: null, colour: null });
    expect(await store(1).byUsername('eve-change')).toMatchObject({ displayName: null, colour: null });
  });

  it('gives and takes the role of an operator', async () => {
    const eve = account('eve-role');
    await store().create(eve);
    await store().setAdmin(eve.id, true);
    expect(await store(1).byIds([eve.id])).toEqual([{ ...eve, admin: true }]);
    await store(1).setAdmin(eve.id, false);
    expect(await store().byIds([eve.id])).toEqual([eve]);
  });

  it('W69 suspends since the first time, and lets in again; what is closed stays as it is', async () => {
    const eve = account('eve-suspended');
    await store().create(eve);
    await store().setSuspended(eve.id, 5);
    await store(1).setSuspended(eve.id, 7);
    expect(await store(1).byUsername('eve-suspended')).toEqual({ ...eve, suspendedAt: 5 });
    expect(await store().search('eve-susp', 10)).toEqual([{ ...eve, suspendedAt: 5 }]);
    await store().setSuspended(eve.id, null);
    expect(await store(1).byIds([eve.id])).toEqual([eve]);
    await store().close(eve.id, 9);
    await store().setSuspended(eve.id, 10);
    await store().setAdmin(eve.id, true);
    expect(await store(1).byIds([eve.id])).toMatchObject([{ suspendedAt: null, admin: false, closedAt: 9 }]);
  });

  it('when somebody was last seen never goes back', async () => {
    const [fay, gil] = [account('fay-seen'), account('gil-seen')];
    await Promise.all([store().create(fay), store().create(gil)]);
    await store().setLastSeen([
      { userId: fay.id, at: 20 },
      { userId: gil.id, at: 10 },
    ]);
    await store(1).setLastSeen([{ userId: fay.id, at: 15 }]);
    const seen = await store().byIds([fay.id, gil.id]);
    expect(new Map(seen.map((each) => [each.id, each.lastSeen]))).toEqual(
      new Map([
        [fay.id, 20],
        [gil.id, 10],
      ]),
    );
  });
}

function sessions(stage: Stage): void {
  const store = (turn = 0) => stage.node(turn).sessions;
  const session = (userId: string, more: Partial<SessionRow> = {}): SessionRow => ({
    id: randomUUID(),
    userId,
    createdAt: Date.now(),
    lastUsedAt: Date.now(),
    expiresAt: Date.now() + 60_000,
    userAgent: 'test',
    address: null,
    ...more,
  });
  const created = async (userId: string, more: Partial<SessionRow> = {}): Promise<SessionRow> => {
    const row = session(userId, more);
    await store().create(row);
    return row;
  };

  it('a session holds until it is ended, on every node', async () => {
    const userId = randomUUID();
    const one = await created(userId);
    expect(await store(1).get(one.id)).toEqual(one);
    expect(await store().end(randomUUID(), one.id)).toBe(false);
    expect(await store().end(userId, one.id)).toBe(true);
    expect(await store(1).get(one.id)).toBeNull();
    expect(await store(1).end(userId, one.id)).toBe(false);
  });

  it('a session that has expired is gone', async () => {
    const userId = randomUUID();
    const past = await created(userId, { expiresAt: Date.now() - 1 });
    expect(await store().get(past.id)).toBeNull();
    expect(await store().list(userId, Date.now())).toEqual([]);
  });

  it('lists a user’s sessions, the last used first, and ends all but one', async () => {
    const userId = randomUUID();
    const old = await created(userId, { lastUsedAt: 10 });
    const recent = await created(userId, { lastUsedAt: 20 });
    await created(randomUUID());
    expect((await store(1).list(userId, Date.now())).map((each) => each.id)).toEqual([recent.id, old.id]);
    await store().touch(old.id, 30);
    await store().touch(old.id, 25);
    expect((await store().get(old.id))?.lastUsedAt).toBe(30);
    expect(await store(1).endOthers(userId, recent.id)).toEqual([old.id]);
    expect(await store().endOthers(userId, null)).toEqual([recent.id]);
    expect(await store().list(userId, Date.now())).toEqual([]);
  });

  it('R23 tells which of many have ended or expired', async () => {
    const userId = randomUUID();
    const rows = await Promise.all([created(userId), created(userId), created(userId, { expiresAt: Date.now() - 1 })]);
    const [holds, ends, expired] = rows.map(({ id }) => id) as [string, string, string];
    await store().end(userId, ends);
    const unknown = randomUUID();
    expect(await store(1).endedAmong([holds, ends, expired, unknown])).toEqual([ends, expired, unknown]);
    expect(await store().endedAmong([holds])).toEqual([]);
  });

  it('D9 purges the expired, a bounded number at a time', async () => {
    const userId = randomUUID();
    for (let n = 0; n < 5; n++) await created(userId, { expiresAt: 1_000 + n });
    expect(await store().purge(1_005, 2)).toBe(2);
    expect(await store(1).purge(1_004, 100)).toBe(2);
    expect(await store().purge(1_005, 100)).toBe(1);
  });
}
