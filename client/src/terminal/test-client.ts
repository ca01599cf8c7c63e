import { ParleyApi } from '../api.js';
import { ended } from './ended.js';
import { terminalCommand, type TerminalOptions } from './options.js';
import { eventually, expectThat, freshActor } from './people.js';
import { reachable } from './sign-in.js';
import { scripted, type Steps } from './steps.js';

const about =
  'A quick check: two fresh people talk, go away, come back, form a group. Exits with 0 if all of it works, else with 1.';

await terminalCommand('test-client', about)
  .action(async (options: TerminalOptions) => {
    process.exitCode = await ended(async () => {
      await reachable(new ParleyApi({ url: options.url }), options.url);
      return scripted((steps) => conversation(steps, options));
    });
  })
  .parseAsync();

async function conversation(steps: Steps, options: TerminalOptions): Promise<void> {
  const [ann, bob] = await Promise.all([freshActor('ann', options), freshActor('bob', options)]);
  const anns = await ann.device();
  let bobs = await bob.device();
  try {
    await steps.step('a message arrives', async () => {
      await anns.sendTo(bob.username, 'Hello, Bob!').sent;
      await eventually(bobs, 'Bob has it', () => bobs.chatWith(ann.username)?.lastMessage?.content === 'Hello, Bob!');
    });
    await steps.step('unread counts, and reading clears them', async () => {
      expectThat(bobs.unread === 1, `expected 1 unread, got ${bobs.unread}`);
      bobs.chatWith(ann.username)?.markRead();
      await eventually(anns, 'Ann sees that it was read', () => anns.chatWith(bob.username)?.peer?.read === 1);
    });
    await steps.step('an edit and a deletion arrive', async () => {
      const chat = anns.chatWith(bob.username);
      const message = await anns.sendTo(bob.username, 'tpyo').sent;
      await chat?.edit(message, 'typo');
      await eventually(bobs, 'Bob has the edit', () => bobs.chatWith(ann.username)?.lastMessage?.content === 'typo');
      await chat?.delete(message);
      await eventually(bobs, 'Bob has the deletion', () => bobs.chatWith(ann.username)?.lastMessage?.deletedAt !== null);
    });
    await steps.step('whoever was away is told, and catches up', async () => {
      await bobs.close();
      for (const content of ['one', 'two', 'three']) await anns.sendTo(bob.username, content).sent;
      bobs = await bob.device();
      const chat = bobs.chatWith(ann.username);
      expectThat(chat?.unread === 4, `expected 4 unread, got ${String(chat?.unread)}`);
      await chat?.timeline.open();
      const shown = chat?.timeline.messages.slice(-3).map(({ content }) => content) ?? [];
      expectThat(shown.join() === 'one,two,three', `expected one,two,three, got ${shown.join()}`);
    });
    await steps.step('a group, and its history', async () => {
      const group = await anns.createGroup({ name: 'Quick check', members: [bob.username] });
      await group.send('hello all').sent;
      await eventually(bobs, 'Bob has it', () => bobs.conversation(group.id)?.lastMessage?.content === 'hello all');
      const { messages } = await bob.api.groupHistory(group.id);
      expectThat(messages.length === 1, `expected 1 message in history, got ${messages.length}`);
      await bobs.leaveGroup(group.id);
      await eventually(anns, 'Ann sees him go', () => group.memberCount === 1);
    });
  } finally {
    await Promise.all([anns.close(), bobs.close()]);
  }
}
