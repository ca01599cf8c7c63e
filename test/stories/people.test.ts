import { describe, expect, test } from 'vitest';
import { meeting } from '../world/meeting.js';
import { until } from '../world/until.js';

const { meet } = meeting();

describe('how people are shown', () => {
  test('W70 W71 Bob’s devices call Ann by the name that she has chosen, at once and when they are new', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const [phone, bobs] = [await ann.device(), await bob.device()];
    await phone.sendTo(bob.username, 'Hello!').sent;
    const chat = await until('Bob has the chat', () => bobs.chatWith(ann.username));
    expect([chat.title, chat.with]).toEqual([ann.username, ann.username]);
    const before = bobs.snapshot().conversations[0];
    await ann.api.updateProfile({ displayName: 'Ann of Arden', colour: 'teal' });
    await until('Bob sees her name', () => chat.title === 'Ann of Arden');
    // A view that compares objects shows the row anew.
    expect(bobs.snapshot().conversations[0]).not.toBe(before);
    expect(bobs.snapshot().people.get(ann.username)).toEqual({
      username: ann.username,
      displayName: 'Ann of Arden',
      colour: 'teal',
    });
    await until('so does Ann’s own phone', () => phone.nameOf(ann.username) === 'Ann of Arden');
    const laptop = await bob.device();
    expect(laptop.chatWith(ann.username)?.title).toBe('Ann of Arden');
    await ann.api.updateProfile({ displayName: null });
    await until('her username is back', () => chat.title === ann.username);
  });

  test('W70 in a group, of somebody who joins and writes while one looks, with one question for all of them', async () => {
    const [ann, bob, carol, dave] = await meet('ann', 'bob', 'carol', 'dave');
    for (const person of [carol, dave]) await person.api.updateProfile({ displayName: `The ${person.username}` });
    const [anns, bobs] = [await ann.device(), await bob.device()];
    const group = await anns.createGroup({ name: 'Climbing', members: [bob.username] });
    const bobsGroup = await until('Bob is in', () => bobs.conversation(group.id));
    await bobsGroup.timeline.open();
    const asked: string[] = [];
    bobs.on('event', ({ type }) => asked.push(type));
    await Promise.all(
      [carol, dave].map(async (person) => {
        const device = await person.device();
        await (await device.joinGroup(group.id)).send(`I am ${person.username}`).sent;
      }),
    );
    for (const { username } of [carol, dave]) await until('Bob knows them', () => bobs.nameOf(username) === `The ${username}`);
    expect(asked.filter((type) => type === 'PEOPLE').length).toBeLessThanOrEqual(2);
    // Whoever comes later is told with the page.
    const laptop = await ann.device();
    await laptop.conversation(group.id)?.timeline.open();
    expect([carol, dave].map(({ username }) => laptop.nameOf(username))).toEqual([
      `The ${carol.username}`,
      `The ${dave.username}`,
    ]);
  });
});
