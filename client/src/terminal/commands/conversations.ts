import type { Conversation } from '../../conversation.js';
import { ParleyError } from '../../errors.js';
import type { Talk } from '../talk.js';
import { Usage } from '../words.js';
import type { Commands } from './command.js';

const HISTORY_ITEMS = 50;

/** What is there, and what of it is open. */
export const conversationCommands: Commands = {
  chats: { usage: '/chats', about: 'chats and groups, with what is unread', run: (talk) => talk.showConversations() },
  open: {
    usage: '/open NUMBER|NAME',
    about: 'opens one of them, or begins a chat; a group may be called #NAME',
    run: (talk, words) => open(talk, words.needRest('a number or a name')),
  },
  close: { usage: '/close', about: 'closes it, so that nothing more counts as read', run: (talk) => talk.room.leave() },
  history: {
    usage: '/history [COUNT]',
    about: 'the last messages again',
    run: (talk, words) => talk.room.showEnd(words.number() ?? HISTORY_ITEMS),
  },
  older: { usage: '/older', about: 'what was before', run: (talk) => talk.room.older() },
  id: {
    usage: '/id',
    about: 'the id of what is open; others join a group by it',
    run: (talk) => talk.print(talk.room.conversation.id),
  },
};

async function open(talk: Talk, name: string): Promise<void> {
  const found = byNumber(talk, name) ?? byName(talk, name);
  if (found !== undefined) return talk.room.enter(found);
  if (name.startsWith('#')) throw new Usage(`you are in no group ${name}`);
  talk.room.enterChatWith(await personCalled(talk, name));
}

function byNumber({ conversations }: Talk, name: string): Conversation | undefined {
  return /^\d+$/.test(name) ? conversations[Number(name) - 1] : undefined;
}

/** The whole name goes before the beginning of one, people before groups. */
function byName({ conversations, me }: Talk, name: string): Conversation | undefined {
  const wanted = name.replace(/^#/, '').toLowerCase();
  const groups = conversations.filter(({ kind }) => kind === 'group');
  const chat = name.startsWith('#') ? null : me.client.chatWith(name);
  return (
    chat ??
    groups.find(({ title }) => title.toLowerCase() === wanted) ??
    only(groups.filter(({ title }) => title.toLowerCase().startsWith(wanted)))
  );
}

const only = <T>(list: readonly T[]) => (list.length === 1 ? list[0] : undefined);

/** The name as its owner writes it. Without a connection nobody can say whether it is one. */
async function personCalled({ me }: Talk, name: string): Promise<string> {
  try {
    return (await me.api.user(name)).username;
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    if (error.code === 'network' || error.code === 'timeout') return name;
    throw error.code === 'not_found' ? new Usage(`there is nobody and no group called ${name}`) : error;
  }
}
