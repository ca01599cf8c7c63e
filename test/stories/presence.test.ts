import { describe, expect, test } from 'vitest';
import { meeting } from '../world/meeting.js';
import { until } from '../world/until.js';

const { meet } = meeting({ PRESENCE_GRACE_S: '1' });

describe('P1 presence', () => {
  test('friends see each other come, go away and leave; whoever connects later is told how things are', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const anns = await ann.device({ withPresence: true });
    await anns.sendTo(bob.username, 'hi').sent;
    const statusOfBob = () => anns.presence.of(bob.username).status;
    expect(statusOfBob()).toBe('offline');
    const phone = await bob.device({ withPresence: true });
    await until('Ann sees Bob', () => statusOfBob() === 'online');
    await until('Bob was told of Ann', () => phone.presence.of(ann.username).status === 'online');
    phone.presence.set('away');
    await until('Bob is away', () => statusOfBob() === 'away');
    const laptop = await bob.device();
    await laptop.close();
    await phone.close();
    await until('Bob is gone', () => statusOfBob() === 'offline');
    expect(Date.now() - (anns.presence.of(bob.username).lastSeen ?? 0)).toBeLessThan(10_000);
  });

  test('a chat connection alone is enough to be online, and one of two devices leaving is no news', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const anns = await ann.device({ withPresence: true });
    await anns.sendTo(bob.username, 'hi').sent;
    const [phone, laptop] = [await bob.device(), await bob.device()];
    await until('Ann sees Bob', () => anns.presence.of(bob.username).status === 'online');
    const news: string[] = [];
    anns.on('presence', ({ username, status }) => news.push(`${username} ${status}`));
    await laptop.close();
    await phone.sendTo(ann.username, 'still here').sent;
    await phone.close();
    await until('Bob is gone', () => anns.presence.of(bob.username).status === 'offline');
    expect(news).toEqual([`${bob.username} offline`]);
  });

  test('whoever is invisible is offline to everybody, and visible again when they want', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const [anns, bobs] = [await ann.device({ withPresence: true }), await bob.device({ withPresence: true })];
    await anns.sendTo(bob.username, 'hi').sent;
    const statusOfBob = () => anns.presence.of(bob.username).status;
    await until('Ann sees Bob', () => statusOfBob() === 'online');
    bobs.presence.set('invisible');
    await until('Ann does not', () => statusOfBob() === 'offline');
    const laptop = await ann.device({ withPresence: true });
    await laptop.sendTo(bob.username, 'are you there?').sent;
    expect(laptop.presence.of(bob.username).status).toBe('offline');
    bobs.presence.set('online');
    await until('Ann sees Bob again', () => statusOfBob() === 'online');
  });
});
