import type { Conversation } from '../../conversation.js';
import { dim, strong, type Row } from '../text/row.js';
import { nameOf } from '../views/conversation-list.js';
import { accountCommands } from './account.js';
import type { Commands } from './command.js';
import { connectionCommands } from './connection.js';
import { conversationCommands } from './conversations.js';
import { groupCommands } from './groups.js';
import { messageCommands } from './messages.js';
import { peopleCommands } from './people.js';

const generalCommands: Commands = {
  help: { usage: '/help', about: 'this list', run: (talk) => talk.print(...helpRows()) },
  quit: { usage: '/quit', about: 'the end', run: (talk) => talk.quit() },
};

/** Every command, by its name. */
export const COMMANDS: Commands = {
  ...conversationCommands,
  ...messageCommands,
  ...groupCommands,
  ...peopleCommands,
  ...accountCommands,
  ...connectionCommands,
  ...generalCommands,
};

export const HELP_LINE = '/help lists commands · /chats · /open NAME · /quit';

export function helpRows(): Row[] {
  const commands = Object.values(COMMANDS).map(({ usage, about }): Row => [strong(usage), dim(` — ${about}`)]);
  return [...commands, 'Anything else is a message to what is open; one that begins with / is written with //.'];
}

/** How a line that is being typed may go on. */
export function completions(line: string, conversations: readonly Conversation[]): string[] {
  const names = line.startsWith('/open ') ? conversations.map((conversation) => `/open ${nameOf(conversation)}`) : [];
  const commands = Object.keys(COMMANDS).map((name) => `/${name} `);
  return [...names, ...commands].filter((candidate) => line !== '' && candidate.startsWith(line));
}
