import { describe, expect, test } from 'vitest';
import { meeting } from '../world/meeting.js';
import { agreesWithFresh, shows } from '../world/people.js';
import { until } from '../world/until.js';

const { meet } = meeting();

describe('groups', () => {
  test('Ann makes a group with Bob; Carol joins; everybody receives everything from their joining on, in one order', async () => {
    const [ann, bob, carol] = await meet('ann', 'bob', 'carol');
    const [anns, bobs, carols] = [await ann.device(), await bob.device(), await carol.device()];
    const group = await anns.createGroup({ name: 'Climbing', members: [bob.username] });
    const bobsGroup = await until('Bob is in', () => bobs.conversation(group.id));
    expect(bobsGroup.title).toBe('Climbing');
    await group.send('who climbs on Saturday?').sent;
    const carolsGroup = await carols.joinGroup(group.id);
    await until('Ann knows that Carol joined', () => group.memberCount === 3);
    await Promise.all([carolsGroup.send('me').sent, bobsGroup.send('me too').sent]);
    await shows(anns, () => anns.conversation(group.id), ['who climbs on Saturday?', 'me', 'me too']);
    await carolsGroup.timeline.open();
    for (const device of [bobs, carols])
      await shows(device, () => device.conversation(group.id), ['who climbs on Saturday?', 'me', 'me too']);
    for (const [person, device] of [
      [ann, anns],
      [bob, bobs],
      [carol, carols],
    ] as const)
      await agreesWithFresh(person, device);
  });

  test('W51 D4 in a new group of many nobody misses anything, and nobody asks for what they cannot have missed', async () => {
    const [ann, ...others] = await meet('ann', 'bob', 'carol', 'dave', 'eve', 'fay');
    const [anns, laptop] = [await ann.device(), await ann.device()];
    const devices = await Promise.all(others.map((other) => other.device()));
    const asked: string[] = [];
    let doubts = 0;
    const told = devices.map((device) => {
      const contents: string[] = [];
      // A server of a cluster may say that something could have been missed: that is another story.
      device.on('info', ({ code }) => code === 'resync' && (doubts += 1));
      device.on('event', ({ type }) => (type === 'INIT_DATA' || type === 'GROUP_CHAT_HISTORY') && asked.push(type));
      device.on('message', ({ message }) => contents.push(message.content));
      return contents;
    });
    const group = await anns.createGroup({ name: 'Climbing', members: others.map(({ username }) => username) });
    const message = await group.send('who climbs on Saturday?').sent;
    await until('all have received it, and everything before it', () => group.statusOf(message) === 'delivered');
    expect(told).toEqual(devices.map(() => ['who climbs on Saturday?']));
    expect(asked.length).toBeLessThanOrEqual(doubts);
    const fays = devices[4]?.conversation(group.id) ?? null;
    await fays?.timeline.open();
    expect(fays?.timeline.items.map((item) => 'seq' in item && item.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await agreesWithFresh(ann, laptop);
    for (const [i, other] of others.entries()) await agreesWithFresh(other, devices[i] ?? laptop);
  });

  test('D7 whoever is removed learns of that, and of nothing after', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const [anns, bobs] = [await ann.device(), await bob.device()];
    const group = await anns.createGroup({ name: 'Secrets', members: [bob.username] });
    await until('Bob is in', () => bobs.conversation(group.id));
    const frames: string[] = [];
    bobs.on('event', (event) => frames.push(JSON.stringify(event)));
    await ann.api.removeMember(group.id, bob.username);
    await until('Bob is out', () => bobs.conversation(group.id) === null);
    await group.send('now we can talk').sent;
    await bobs.sendTo(ann.username, 'why?').sent;
    expect(frames.join()).not.toContain('now we can talk');
    await expect(bob.api.groupHistory(group.id)).rejects.toMatchObject({ code: 'not_member' });
    await agreesWithFresh(bob, bobs);
    await agreesWithFresh(ann, anns);
  });

  test('visibility “joined”: a member reads what came since joining, not before', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const [anns, bobs] = [await ann.device(), await bob.device()];
    const group = await anns.createGroup({ name: 'Fresh starts', visibility: 'joined' });
    await group.send('before').sent;
    const bobsGroup = await bobs.joinGroup(group.id);
    await group.send('after').sent;
    await bobsGroup.timeline.open();
    await shows(bobs, () => bobs.conversation(group.id), ['after']);
    expect(bobsGroup.timeline.hasOlder).toBe(false);
    expect(bobsGroup.unread).toBe(1);
    await agreesWithFresh(bob, bobs);
  });

  test('the last owner hands on; the last member closes the group', async () => {
    const [ann, bob] = await meet('ann', 'bob');
    const [anns, bobs] = [await ann.device(), await bob.device()];
    const group = await anns.createGroup({ name: 'Relay', members: [bob.username] });
    const bobsGroup = await until('Bob is in', () => bobs.conversation(group.id));
    await anns.leaveGroup(group.id);
    await until('Bob is the owner', () => bobsGroup.role === 'owner' && bobsGroup.memberCount === 1);
    await agreesWithFresh(bob, bobs);
    await bobs.leaveGroup(group.id);
    await expect(anns.joinGroup(group.id)).rejects.toMatchObject({ code: 'group_closed' });
    for (const [person, device] of [
      [ann, anns],
      [bob, bobs],
    ] as const)
      await agreesWithFresh(person, device);
  });

  test('names, settings and roles reach the members live', async () => {
    const [ann, bob, carol] = await meet('ann', 'bob', 'carol');
    const [anns, bobs, carols] = [await ann.device(), await bob.device(), await carol.device()];
    const group = await anns.createGroup({ name: 'Old name', members: [bob.username] });
    const bobsGroup = await until('Bob is in', () => bobs.conversation(group.id));
    await ann.api.changeGroup(group.id, { name: 'New name', access: 'invite' });
    await until('Bob sees the name', () => bobsGroup.title === 'New name');
    await expect(carols.joinGroup(group.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(bob.api.addMember(group.id, carol.username)).rejects.toMatchObject({ code: 'not_allowed' });
    await ann.api.setRole(group.id, bob.username, 'admin');
    await until('Bob is an admin', () => bobsGroup.role === 'admin');
    await bob.api.addMember(group.id, carol.username);
    await until('Carol is in', () => carols.conversation(group.id));
    const { members } = await carol.api.members(group.id);
    expect(members.map(({ username, role }) => [username.split('-')[0], role])).toEqual([
      ['ann', 'owner'],
      ['bob', 'admin'],
      ['carol', 'member'],
    ]);
    for (const [person, device] of [
      [ann, anns],
      [bob, bobs],
      [carol, carols],
    ] as const)
      await agreesWithFresh(person, device);
  });

  test('an author sees who of the group has received and read', async () => {
    const [ann, bob, carol] = await meet('ann', 'bob', 'carol');
    const [anns, bobs, carols] = [await ann.device(), await bob.device(), await carol.device()];
    const group = await anns.createGroup({ name: 'Receipts', members: [bob.username, carol.username] });
    await until('both are in', () => bobs.conversation(group.id) && carols.conversation(group.id));
    const message = await group.send('seen?').sent;
    await until('both have received it', () => group.statusOf(message) === 'delivered');
    bobs.conversation(group.id)?.markRead();
    await until('Bob has read it', () => group.seenBy(message).read.includes(bob.username));
    expect(group.seenBy(message).read).not.toContain(carol.username);
  });
});
