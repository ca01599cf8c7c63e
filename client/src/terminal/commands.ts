import type { Role } from '@parley/protocol';
import type { Conversation } from '../conversation.js';
import type { Message } from '../entries.js';
import type { Talk } from './talk.js';
import { conversationList, memberList, sessionList } from './views.js';

/** What one can type beside messages. */
export interface TerminalCommand {
  usage: string;
  about: string;
  run(talk: Talk, words: string[], text: string): Promise<void> | void;
}

/** Said to the person, not a fault. */
export class Usage extends Error {
  override name = 'Usage';
}

const ROLES: readonly string[] = ['owner', 'admin', 'member'] satisfies Role[];

/** Every command, by its name. */
export const COMMANDS: Record<string, TerminalCommand> = {
  help: { usage: '/help', about: 'this list', run: (talk) => talk.print(...helpLines()) },
  chats: { usage: '/chats', about: 'chats and groups, with what is unread', run: (talk) => talk.print(...list(talk)) },
  open: {
    usage: '/open NUMBER|NAME',
    about: 'opens one of them; a name alone starts a chat',
    run: (talk, _words, text) => talk.open(text),
  },
  to: {
    usage: '/to NAME TEXT',
    about: 'writes to somebody',
    run: (talk, [name], text) =>
      talk.send(talk.me.client.sendTo(required(name, 'NAME'), required(text.slice((name ?? '').length).trim(), 'TEXT'))),
  },
  older: { usage: '/older', about: 'earlier messages of what is open', run: (talk) => talk.older() },
  edit: {
    usage: '/edit NUMBER TEXT',
    about: 'edits your message of that number',
    run: async (talk, [number], text) => {
      const [conversation, message] = messageAt(talk, number);
      await conversation.edit(message, required(text.slice((number ?? '').length).trim(), 'TEXT'));
    },
  },
  delete: {
    usage: '/delete NUMBER',
    about: 'deletes a message',
    run: async (talk, [number]) => {
      const [conversation, message] = messageAt(talk, number);
      await conversation.delete(message);
    },
  },
  create: {
    usage: '/create NAME [MEMBER …]',
    about: 'makes a group (a name of one word)',
    run: async (talk, [name, ...members]) =>
      talk.show(await talk.me.client.createGroup({ name: required(name, 'NAME'), members })),
  },
  join: {
    usage: '/join GROUP-ID',
    about: 'joins an open group',
    run: async (talk, [id]) => talk.show(await talk.me.client.joinGroup(required(id, 'GROUP-ID'))),
  },
  leave: { usage: '/leave', about: 'leaves the open group', run: (talk) => talk.me.client.leaveGroup(talk.group().id) },
  id: { usage: '/id', about: 'the id of what is open, to give to others', run: (talk) => talk.print(talk.current().id) },
  members: {
    usage: '/members',
    about: 'who is in the open group, and how far they have read',
    run: async (talk) => talk.print(...memberList(await talk.me.api.members(talk.group().id))),
  },
  add: {
    usage: '/add NAME',
    about: 'adds somebody',
    run: (talk, [name]) => talk.me.api.addMember(talk.group().id, required(name, 'NAME')),
  },
  remove: {
    usage: '/remove NAME',
    about: 'takes somebody out',
    run: (talk, [name]) => talk.me.api.removeMember(talk.group().id, required(name, 'NAME')),
  },
  role: {
    usage: '/role NAME owner|admin|member',
    about: 'sets a member’s role',
    run: (talk, [name, role]) => talk.me.api.setRole(talk.group().id, required(name, 'NAME'), roleOf(role)),
  },
  who: {
    usage: '/who',
    about: 'friends, and who of them is there',
    run: async (talk) => {
      const friends = await talk.me.api.friends();
      talk.print(...friends.map(({ username }) => `${username}: ${talk.me.client.presence.of(username).status}`));
    },
  },
  away: { usage: '/away', about: 'shows you as away', run: (talk) => talk.me.client.presence.set('away') },
  back: { usage: '/back', about: 'shows you as online', run: (talk) => talk.me.client.presence.set('online') },
  invisible: { usage: '/invisible', about: 'shows you as offline', run: (talk) => talk.me.client.presence.set('invisible') },
  find: {
    usage: '/find PREFIX',
    about: 'people whose name begins so',
    run: async (talk, [prefix]) =>
      talk.print(...(await talk.me.api.searchUsers(required(prefix, 'PREFIX'))).map(({ username }) => username)),
  },
  block: {
    usage: '/block NAME',
    about: 'neither hears from the other',
    run: (talk, [name]) => talk.me.api.block(required(name, 'NAME')),
  },
  unblock: { usage: '/unblock NAME', about: 'lifts it', run: (talk, [name]) => talk.me.api.unblock(required(name, 'NAME')) },
  blocks: {
    usage: '/blocks',
    about: 'whom you have blocked',
    run: async (talk) => talk.print(...(await talk.me.api.blocks()).map(({ username }) => username)),
  },
  sessions: {
    usage: '/sessions',
    about: 'where you are signed in',
    run: async (talk) => talk.print(...sessionList(await talk.me.api.sessions(), Date.now())),
  },
  revoke: {
    usage: '/revoke SESSION-ID',
    about: 'ends one of them',
    run: (talk, [id]) => talk.me.api.endSession(required(id, 'SESSION-ID')),
  },
  passwd: { usage: '/passwd', about: 'changes your password; other sessions end', run: (talk) => talk.changePassword() },
  status: {
    usage: '/status',
    about: 'the connection, and what is not sent yet',
    run: (talk) => talk.print(...talk.statusLines()),
  },
  drop: { usage: '/drop', about: 'cuts the connection, to see it come back', run: (talk) => talk.me.line.drop() },
  mute: { usage: '/mute', about: 'stops answering, until the server gives up', run: (talk) => talk.me.line.mute() },
  reconnect: { usage: '/reconnect', about: 'tries now', run: (talk) => talk.me.client.reconnectNow() },
  quit: { usage: '/quit', about: 'the end', run: (talk) => talk.quit() },
};

export const HELP_LINE = '/help for commands · /chats · /open NAME · /to NAME TEXT · /quit';

export function helpLines(): string[] {
  return Object.values(COMMANDS).map(({ usage, about }) => `${usage} — ${about}`);
}

const list = ({ me, view }: Talk) => conversationList(me.client.conversations, dotOf(me), view);

const dotOf =
  ({ client }: Talk['me']) =>
  (username: string) =>
    client.presence.of(username).status === 'online' ? ' •' : '';

function required(word: string | undefined, what: string): string {
  if (word === undefined || word === '') throw new Usage(`expected ${what}`);
  return word;
}

function roleOf(word: string | undefined): Role {
  if (word === undefined || !ROLES.includes(word)) throw new Usage('expected owner, admin or member');
  return word as Role;
}

function messageAt(talk: Talk, number: string | undefined): [Conversation, Message] {
  const conversation = talk.current();
  const message = conversation.timeline.messages.find(({ seq }) => String(seq) === number);
  if (message === undefined) throw new Usage('expected the number in front of a message that is shown');
  return [conversation, message];
}
