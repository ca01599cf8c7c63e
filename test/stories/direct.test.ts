import { describe, expect, test } from 'vitest';
import { meeting } from '../world/meeting.js';
import { agreesWithFresh, shown, shows } from '../world/people.js';
import { until } from '../world/until.js';

const { meet } = meeting();
const two = () => meet('ann', 'bob');

describe('two people', () => {
  test('D2 D4 Ann sends; Bob’s phone and laptop both receive it; his phone reads it and his laptop’s unread drops to 0', async () => {
    const [ann, bob] = await two();
    const annPhone = await ann.device();
    const [phone, laptop] = [await bob.device(), await bob.device()];
    const sent = await annPhone.sendTo(bob.username, 'Hello!').sent;
    for (const device of [phone, laptop]) await shows(device, () => device.chatWith(ann.username), ['Hello!']);
    expect(laptop.unread).toBe(1);
    phone.chatWith(ann.username)?.markRead();
    await until('the laptop’s unread is 0', () => laptop.unread === 0);
    const chat = annPhone.chatWith(bob.username);
    await until('Ann sees that it was read', () => chat?.statusOf(sent) === 'read');
    for (const [person, device] of [
      [ann, annPhone],
      [bob, phone],
      [bob, laptop],
    ] as const)
      await agreesWithFresh(person, device);
  });

  test('all other devices of the sender show the message too, once', async () => {
    const [ann, bob] = await two();
    const [phone, laptop] = [await ann.device(), await ann.device()];
    await phone.sendTo(bob.username, 'from my phone').sent;
    for (const device of [phone, laptop]) await shows(device, () => device.chatWith(bob.username), ['from my phone']);
    expect(laptop.unread).toBe(0);
    await agreesWithFresh(ann, laptop);
  });

  test('D2 five hundred messages in one go, both ways at once, come in the same order everywhere', async () => {
    const [ann, bob] = await two();
    const [annPhone, bobPhone, bobLaptop] = [await ann.device(), await bob.device(), await bob.device()];
    await annPhone.sendTo(bob.username, 'first').sent;
    await until('Bob has the chat', () => bobPhone.chatWith(ann.username));
    const sends = Array.from({ length: 250 }, (_, i) => [
      annPhone.sendTo(bob.username, `a${i}`).sent,
      bobPhone.sendTo(ann.username, `b${i}`).sent,
    ]).flat();
    await Promise.all(sends);
    const expected = 501;
    await until('everybody shows all', () =>
      [annPhone, bobPhone, bobLaptop].every((device) => (device.conversations[0]?.timeline.messages.length ?? 0) === expected),
    );
    const [first, ...others] = [annPhone, bobPhone, bobLaptop].map((device) => shown(device.conversations[0] ?? null));
    for (const other of others) expect(other).toEqual(first);
    for (const from of ['a', 'b']) {
      const own = (first ?? []).filter((content) => content.startsWith(from));
      expect(own).toEqual(Array.from({ length: 250 }, (_, i) => `${from}${i}`));
    }
    await agreesWithFresh(bob, bobLaptop);
  });

  test('R18 edits and deletions reach every device, and whoever was away', async () => {
    const [ann, bob] = await two();
    const [annPhone, bobPhone] = [await ann.device(), await bob.device()];
    const [one] = await Promise.all([annPhone.sendTo(bob.username, 'one').sent, annPhone.sendTo(bob.username, 'two').sent]);
    const chat = await until('Ann has the chat', () => annPhone.chatWith(bob.username));
    await shows(bobPhone, () => bobPhone.chatWith(ann.username), ['one', 'two']);
    await chat.edit(one, 'one, better');
    await shows(bobPhone, () => bobPhone.chatWith(ann.username), ['one, better', 'two']);
    await bobPhone.close();
    const two_ = chat.timeline.messages[1];
    if (two_ === undefined) throw new Error('the second message is missing');
    await chat.delete(two_);
    const bobLaptop = await bob.device();
    await bobLaptop.chatWith(ann.username)?.timeline.open();
    await shows(bobLaptop, () => bobLaptop.chatWith(ann.username), ['one, better', '(deleted)']);
    expect(bobLaptop.unread).toBe(2);
    await agreesWithFresh(ann, annPhone);
  });

  test('D7 whoever is blocked gets nothing afterwards, and can write again once unblocked', async () => {
    const [ann, bob] = await two();
    const [annPhone, bobPhone] = [await ann.device(), await bob.device()];
    await annPhone.sendTo(bob.username, 'hi').sent;
    await shows(bobPhone, () => bobPhone.chatWith(ann.username), ['hi']);
    await bob.api.block(ann.username);
    await until('Ann’s chat is closed', () => annPhone.chatWith(bob.username)?.blocked === true);
    await expect(annPhone.sendTo(bob.username, 'are you there?').sent).rejects.toMatchObject({ code: 'blocked' });
    await bob.api.unblock(ann.username);
    await until('Ann’s chat is open', () => annPhone.chatWith(bob.username)?.blocked === false);
    await annPhone.sendTo(bob.username, 'hi again').sent;
    await shows(bobPhone, () => bobPhone.chatWith(ann.username), ['hi', 'hi again']);
    await agreesWithFresh(bob, bobPhone);
  });

  test('Bob sees that Ann is typing, until her message comes', async () => {
    const [ann, bob] = await two();
    const [annPhone, bobPhone] = [await ann.device(), await bob.device()];
    await annPhone.sendTo(bob.username, 'wait').sent;
    const bobs = await until('Bob has the chat', () => bobPhone.chatWith(ann.username));
    annPhone.chatWith(bob.username)?.sayTyping();
    await until('Bob sees it', () => bobs.typing.includes(ann.username));
    await annPhone.sendTo(bob.username, 'done').sent;
    await until('it is over', () => bobs.typing.length === 0);
  });
});
