import type { http, Person } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { groupHistory, groupOf, inbox, refused, say, sayIn } from '../world/talk.js';
import { until } from '../world/until.js';

describe('how people are shown', () => {
  const here = venue();
  const look = (person: Account, change: object) => person.call<http.Me>('PATCH', '/me', change);
  const told = (people: readonly Person[] | undefined, { username }: Account) =>
    people?.find((person) => person.username === username);

  test('W70 a display name and a colour are told with the inbox, a page of a group, its members and a search', async () => {
    const [ann, bob, carol] = await here.people('ann', 'bob', 'carol');
    expect(await look(ann, { displayName: 'Ann of Arden', colour: 'teal' })).toMatchObject({
      status: 200,
      body: { displayName: 'Ann of Arden', colour: 'teal', invisible: false },
    });
    const groupId = await groupOf(ann, [bob, carol]);
    const [anns, bobs] = [await ann.chat(), await bob.chat()];
    await say(anns, bob, 'Hello!');
    await sayIn(anns, groupId, 'Hello all!');
    const shown = { username: ann.username, displayName: 'Ann of Arden', colour: 'teal' };
    expect((await inbox(bobs)).people).toEqual([shown]);
    expect((await groupHistory(bobs, groupId)).people).toEqual([shown]);
    const { members } = (await bob.call<http.Members>('GET', `/groups/${groupId}/members`)).body;
    expect(members).toMatchObject([
      shown,
      { username: bob.username, displayName: null, colour: null },
      { username: carol.username },
    ]);
    expect((await bob.call<http.User>('GET', `/users/${ann.username}`)).body).toMatchObject(shown);
    expect((await bob.call<{ users: http.User[] }>('GET', `/users?prefix=${ann.username}`)).body.users[0]).toMatchObject(shown);
  });

  test('W70 where nobody has chosen anything there is no `people`', async () => {
    const [bob, carol] = await here.people('bob', 'carol');
    const groupId = await groupOf(bob, [carol]);
    const bobs = await bob.chat();
    await sayIn(bobs, groupId, 'Hello!');
    expect(await inbox(bobs)).not.toHaveProperty('people');
    expect(await groupHistory(bobs, groupId)).not.toHaveProperty('people');
  });

  test('W70 GET_PEOPLE tells of those who have chosen something, whoever they are; at most 100 at a time', async () => {
    const [ann, bob, eve] = await here.people('ann', 'bob', 'eve');
    await look(ann, { colour: 'plum' });
    await look(bob, { displayName: 'Bob' });
    await look(bob, { displayName: null });
    const eves = await eve.chat();
    const usernames = [ann.username.toUpperCase(), bob.username, 'nobody-has-this'];
    // Of a cluster, every server has heard of it soon.
    await until('it is as they left it', async () => {
      const { people } = await eves.askFor('PEOPLE', { type: 'GET_PEOPLE', usernames });
      expect(people).toEqual([{ username: ann.username, displayName: null, colour: 'plum' }]);
      return true;
    });
    for (const wrong of [[], Array.from({ length: 101 }, () => ann.username), 'ann']) {
      expect(await refused(eves, 'invalid_field', { type: 'GET_PEOPLE', usernames: wrong })).toMatchObject({
        field: 'usernames',
      });
    }
  });

  test('W71 a change is told to one’s own connections and to friends, and to nobody else', async () => {
    const [ann, bob, eve] = await here.people('ann', 'bob', 'eve');
    const [phone, laptop, bobs, eves] = [
      await ann.chat(),
      await (await ann.signInAgain()).chat(),
      await bob.chat(),
      await eve.chat(),
    ];
    await say(phone, bob, 'Hello!');
    await groupOf(ann, [eve]);
    await look(ann, { displayName: 'Ann', colour: 'rose' });
    for (const client of [phone, laptop, bobs]) {
      expect(await client.next('PERSON_CHANGED')).toEqual({
        type: 'PERSON_CHANGED',
        person: { username: ann.username, displayName: 'Ann', colour: 'rose' },
      });
    }
    // What others cannot see is told to nobody.
    await look(ann, { invisible: true });
    await look(ann, { colour: null });
    await bobs.next('PERSON_CHANGED', ({ person }) => person.colour === null && person.displayName === 'Ann');
    expect(bobs.frames.filter(({ type }) => type === 'PERSON_CHANGED')).toHaveLength(2);
    // A later event of Eve's would come after it.
    await say(phone, eve, 'Hello!');
    await eves.next('ONE_TO_ONE_CHAT');
    expect(eves.frames.filter(({ type }) => type === 'PERSON_CHANGED')).toEqual([]);
    await until('her inbox has it', async () => {
      expect(told((await inbox(eves)).people, ann)).toEqual({ username: ann.username, displayName: 'Ann', colour: null });
      return true;
    });
  });

  test('a colour that there is none of is refused, with those that there are', async () => {
    const [ann] = await here.people('ann');
    const answer = await ann.call<{ error: { field: string; message: string } }>('PATCH', '/me', { colour: 'pink' });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_field', field: 'colour' } } });
    expect(answer.body.error.message).toContain('"teal"');
  });
});
