import type { Message } from '../../entries.js';
import { dim } from '../text/row.js';
import type { Talk } from '../talk.js';
import { Usage, type Words } from '../words.js';
import { settled } from '../settled.js';
import type { Commands } from './command.js';

const SETTLE_MS = 10_000;

/** Messages: writing them, and what one can do to them afterwards. */
export const messageCommands: Commands = {
  to: {
    usage: '/to NAME TEXT',
    about: 'writes to somebody without opening the chat',
    run: (talk, words) => void talk.me.client.sendTo(words.need('NAME'), words.needRest('TEXT')),
  },
  edit: {
    usage: '/edit [NUMBER] TEXT',
    about: 'changes a message of yours, by default the last; its number stands before it',
    run: async (talk, words) => {
      const message = await chosen(talk, words, isMine(talk));
      await talk.room.conversation.edit(message, words.needRest('TEXT'));
    },
  },
  delete: {
    usage: '/delete [NUMBER]',
    about: 'deletes a message of yours, by default the last; admins delete those of others',
    run: async (talk, words) => talk.room.conversation.delete(await chosen(talk, words, isMine(talk))),
  },
  seen: {
    usage: '/seen [NUMBER]',
    about: 'who has received and read a message',
    run: async (talk, words) => {
      const message = await chosen(talk, words, () => true);
      const { delivered, read } = talk.room.conversation.seenBy(message);
      talk.print([dim(`${message.seq} `), `received by ${listed(delivered)}; read by ${listed(read)}`]);
    },
  },
  outbox: {
    usage: '/outbox',
    about: 'what you wrote that is not sent',
    run: (talk) =>
      talk.print(
        ...talk.me.client.outgoing.map(
          ({ content, status, error }, index) => `${index + 1}. ${content} (${error?.message ?? status})`,
        ),
      ),
  },
  retry: {
    usage: '/retry NUMBER',
    about: 'sends a refused message of the outbox again',
    run: (talk, words) => {
      const outgoing = unsent(talk, words);
      if (outgoing.status !== 'failed') throw new Usage('that one is still being tried');
      outgoing.retry();
    },
  },
  discard: {
    usage: '/discard NUMBER',
    about: 'takes back a message of the outbox',
    run: async (talk, words) => {
      if (!(await unsent(talk, words).discard())) throw new Usage('too late: it is on its way');
    },
  },
};

/** The message of the number that was typed, else the last that will do, once all that was said before is sent. */
async function chosen(talk: Talk, words: Words, willDo: (message: Message) => boolean): Promise<Message> {
  const { conversation } = talk.room;
  await settled(talk.me.client, SETTLE_MS);
  await conversation.timeline.open();
  const { messages } = conversation.timeline;
  const number = words.number();
  if (number === null) return found(messages.findLast(willDo), 'there is no such message here');
  return found(
    messages.find(({ seq }) => seq === number),
    `there is no message ${number} on the screen; /older shows more`,
  );
}

const isMine =
  ({ me }: Talk) =>
  (message: Message) =>
    message.from === me.username && message.deletedAt === null;

function unsent({ me }: Talk, words: Words) {
  return found(me.client.outgoing[(words.number() ?? 0) - 1], 'expected a number of /outbox');
}

function found<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Usage(otherwise);
  return value;
}

const listed = (usernames: readonly string[]) => (usernames.length === 0 ? 'nobody yet' : usernames.join(', '));
