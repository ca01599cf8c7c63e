import type { ParleyClient } from '../../client.js';
import type { Conversation } from '../../conversation.js';
import type { ServerOptions } from '../options.js';
import { eventually, expectThat, freshActor, type Actor, type Device } from './actor.js';
import type { Steps } from './steps.js';

/** More than one page of history. */
const MANY = 120;

/** Two people and their devices, as they are now. */
interface Two {
  ann: Actor;
  bob: Actor;
  anns: Device;
  bobs: Device;
}

/** Everything that a chat must be able to do, once. */
export async function smokeConversation(steps: Steps, options: ServerOptions): Promise<void> {
  const two = await steps.step('two people register and connect', () => meet(options));
  try {
    await direct(steps, two);
    await away(steps, two);
    await group(steps, two);
    await steps.step('logging out ends the connection', () => logOut(two));
  } finally {
    await Promise.all([two.anns.client.close(), two.bobs.client.close()]);
  }
}

async function meet(options: ServerOptions): Promise<Two> {
  const [ann, bob] = [await freshActor('ann', options), await freshActor('bob', options)];
  return { ann, bob, anns: await ann.device(), bobs: await bob.device() };
}

async function direct(steps: Steps, two: Two): Promise<void> {
  const { ann, bob } = two;
  const [anns, bobs] = [two.anns.client, two.bobs.client];
  const hello = await steps.step('a direct message arrives, and is one unread', async () => {
    const message = await anns.sendTo(bob.username, 'Hello, Bob!').sent;
    await eventually(bobs, 'Bob has it', () => lastText(bobs.chatWith(ann.username)) === 'Hello, Bob!');
    expectThat(bobs.unread === 1, `expected 1 unread, got ${bobs.unread}`);
    return message;
  });
  const annsChat = chatOf(anns, bob);
  const bobsChat = chatOf(bobs, ann);
  await steps.step('Ann sees that it was received', () =>
    eventually(anns, 'it shows ✓✓', () => annsChat.statusOf(hello) !== 'sent'),
  );
  await steps.step('Bob reads it: nothing is unread, and Ann sees that', async () => {
    bobsChat.markRead();
    await eventually(anns, 'it shows as read', () => annsChat.statusOf(hello) === 'read');
    expectThat(bobs.unread === 0, `expected nothing unread, got ${bobs.unread}`);
  });
  await steps.step('Ann sees that Bob is typing, and then his answer', async () => {
    bobsChat.sayTyping();
    await eventually(anns, 'Bob is typing', () => annsChat.typing.includes(bob.username));
    await bobsChat.send('Hello, Ann!').sent;
    await eventually(anns, 'Ann has it', () => lastText(annsChat) === 'Hello, Ann!' && annsChat.typing.length === 0);
  });
  await steps.step('an edit and a deletion arrive', async () => {
    const message = await annsChat.send('tpyo').sent;
    await annsChat.edit(message, 'typo');
    await eventually(bobs, 'Bob has the edit', () => lastText(bobsChat) === 'typo');
    await annsChat.delete(message);
    await eventually(bobs, 'Bob has the deletion', () => bobsChat.lastMessage?.deletedAt !== null);
  });
}

async function away(steps: Steps, two: Two): Promise<void> {
  const { ann, bob, anns } = two;
  const annsChat = chatOf(anns.client, bob);
  await steps.step('whoever was away is told how much is unread, and finds it', async () => {
    const before = two.bobs.client.unread;
    await two.bobs.client.close();
    for (const content of ['one', 'two', 'three']) await annsChat.send(content).sent;
    two.bobs = await bob.device();
    const chat = chatOf(two.bobs.client, ann);
    expectThat(chat.unread === before + 3, `expected ${before + 3} unread, got ${chat.unread}`);
    await chat.timeline.open();
    const shown = texts(chat).slice(-3).join();
    expectThat(shown === 'one,two,three', `expected one,two,three, got ${shown}`);
  });
  await steps.step('what is written while the connection is cut is sent after it, once', async () => {
    anns.cable.drop();
    await eventually(anns.client, 'the connection is gone', () => anns.client.state !== 'live');
    await Promise.all(['four', 'five'].map((content) => annsChat.send(content).sent));
    const chat = chatOf(two.bobs.client, ann);
    await eventually(two.bobs.client, 'Bob has both', () => texts(chat).slice(-3).join() === 'three,four,five');
  });
  await steps.step('what is said while somebody’s connection is cut is there when they are back', async () => {
    const { client, cable } = two.bobs;
    cable.drop();
    await annsChat.send('six').sent;
    await eventually(
      client,
      'Bob has it',
      () => client.state === 'live' && texts(chatOf(client, ann)).slice(-2).join() === 'five,six',
    );
  });
}

async function group(steps: Steps, two: Two): Promise<void> {
  const { bob } = two;
  const [anns, bobs] = [two.anns.client, two.bobs.client];
  const annsGroup = await steps.step('a group is made, and Bob is in it', async () => {
    const made = await anns.createGroup({ name: 'Quick check', members: [bob.username] });
    await eventually(bobs, 'Bob has it', () => bobs.conversation(made.id) !== null);
    return made;
  });
  await steps.step(`${MANY} messages arrive in order`, async () => {
    const expected = Array.from({ length: MANY }, (_, number) => `m${number}`);
    await bobs.conversation(annsGroup.id)?.timeline.open();
    await Promise.all(expected.map((content) => annsGroup.send(content).sent));
    const bobsGroup = bobs.conversation(annsGroup.id);
    await eventually(bobs, 'Bob has them', () => bobsGroup !== null && texts(bobsGroup).join() === expected.join());
  });
  await steps.step('a new device reads them back, page by page', async () => {
    const { client } = await bob.device();
    const fresh = client.conversation(annsGroup.id);
    await fresh?.timeline.open();
    while (fresh?.timeline.hasOlder === true && (await fresh.timeline.loadOlder()));
    const count = fresh?.timeline.messages.length ?? 0;
    await client.close();
    expectThat(count === MANY, `expected ${MANY} messages, got ${count}`);
  });
  await steps.step('Bob leaves, and Ann sees him go', async () => {
    await bobs.leaveGroup(annsGroup.id);
    await eventually(anns, 'one member is left', () => annsGroup.memberCount === 1);
  });
}

async function logOut({ bob, bobs }: Two): Promise<void> {
  await bob.api.logout();
  await eventually(bobs.client, 'the connection is closed', () => bobs.client.state === 'closed');
}

function chatOf(client: ParleyClient, { username }: Actor): Conversation {
  const chat = client.chatWith(username);
  if (chat === null) throw new Error(`there is no chat with ${username}`);
  return chat;
}

const texts = ({ timeline }: Conversation) => timeline.messages.map(({ content }) => content);

const lastText = (chat: Conversation | null) => chat?.lastMessage?.content;
