import { z } from 'zod';
import * as f from './fields.js';
import { LIMITS } from './limits.js';

/**
 * Client → server, both sockets. One schema per command is the single source: it validates, it types, and the
 * AsyncAPI document is made from it. Unknown fields are ignored, so that newer clients can talk to older servers.
 */
const command = <T extends string, S extends z.ZodRawShape>(type: T, shape: S, about: string, example: object) =>
  z
    .object({ type: z.literal(type), requestId: f.requestId.optional(), ...shape })
    .meta({ title: type, description: about, examples: [{ type, ...example }] });

/** May be there, as in the description's examples; must then be the token's user. */
const from = f.username.optional();
/** Exactly one of the two; checked by `conversationOf`. */
const target = { chatId: f.id.optional(), groupId: f.id.optional() };
const page = {
  before: f.seq.optional(),
  after: f.seq.optional(),
  limit: z.int().min(1).max(LIMITS.historyMaxEntries).default(LIMITS.historyDefaultEntries),
};

export const chatCommands = [
  command(
    'INIT_DATA',
    {
      token: z.string().max(200).optional(),
      cursor: z.string().max(200).optional(),
      limit: z.int().min(1).max(LIMITS.inboxMaxConversations).default(LIMITS.inboxDefaultConversations),
    },
    'Asks for the inbox. With the `token` of the last complete reply: only what moved since. With `cursor`: the next page.',
    { requestId: 'r1' },
  ),
  command(
    'ONE_TO_ONE_CHAT',
    { from, to: f.username, content: f.content, chatId: f.id.optional(), clientMessageId: f.clientMessageId.optional() },
    'Sends a direct message, starting the chat at need. The SUCCESS carries clientMessageId, messageId, seq, createdAt, chatId.',
    { from: 'ann', to: 'bob', content: 'Hello!', clientMessageId: '7c1f5f0e9a3d4b52' },
  ),
  command(
    'GROUP_CHAT',
    { from, groupId: f.id, content: f.content, clientMessageId: f.clientMessageId.optional() },
    'Sends a message to a group that one is a member of.',
    { from: 'ann', groupId: '0190f5a0-7b1c-7000-8000-000000000001', content: 'Hello group!' },
  ),
  command(
    'GET_ONE_TO_ONE_HISTORY',
    { from, to: f.username.optional(), chatId: f.id.optional(), ...page },
    'A page of a direct chat, named by `chatId` or by the other person (`to`). Newest by default; `before` and `after` are seqs.',
    { from: 'ann', to: 'bob', limit: 50 },
  ),
  command('GET_GROUP_CHAT_HISTORY', { from, groupId: f.id, ...page }, 'A page of a group.', {
    groupId: '0190f5a0-7b1c-7000-8000-000000000001',
    before: 120,
  }),
  command(
    'CREATE_GROUP',
    {
      name: f.groupName,
      access: f.access.default('open'),
      visibility: f.visibility.default('all'),
      members: z.array(f.username).max(LIMITS.membersMax).default([]),
    },
    'Creates a group; the creator is its owner and a member.',
    { name: 'Climbing', members: ['bob'] },
  ),
  command('JOIN_GROUP', { from, groupId: f.id }, 'Joins an open group.', { groupId: '0190f5a0-7b1c-7000-8000-000000000001' }),
  command('LEAVE_GROUP', { from, groupId: f.id }, 'Leaves a group; the last owner hands on, the last member closes it.', {
    groupId: '0190f5a0-7b1c-7000-8000-000000000001',
  }),
  command(
    'ACK',
    { ...target, upTo: f.seq },
    'This user has received everything up to `upTo`, in one conversation. Cumulative; the highest wins.',
    { chatId: '0190f5a0-7b1c-7000-8000-000000000002', upTo: 17 },
  ),
  command(
    'READ',
    { ...target, upTo: f.seq },
    'This user has read everything up to `upTo`. Implies ACK. Moves unread on all of the user’s devices.',
    { chatId: '0190f5a0-7b1c-7000-8000-000000000002', upTo: 17 },
  ),
  command('TYPING', { ...target }, 'Tells the others that this user is typing now. Never stored, may be dropped, has no reply.', {
    chatId: '0190f5a0-7b1c-7000-8000-000000000002',
  }),
  command(
    'EDIT_MESSAGE',
    { ...target, seq: f.seq, messageId: f.id, content: f.content },
    'Replaces the content of one’s own message. An entry of the log of its own.',
    {
      chatId: '0190f5a0-7b1c-7000-8000-000000000002',
      seq: 17,
      messageId: '0190f5a0-7b1c-7000-8000-000000000003',
      content: 'Hello, Bob!',
    },
  ),
  command(
    'DELETE_MESSAGE',
    { ...target, seq: f.seq, messageId: f.id },
    'Deletes one’s own message, or as an admin of a group another’s. It stays in its place and shows as deleted.',
    { chatId: '0190f5a0-7b1c-7000-8000-000000000002', seq: 17, messageId: '0190f5a0-7b1c-7000-8000-000000000003' },
  ),
  command(
    'GET_PEOPLE',
    { usernames: z.array(f.username).min(1).max(LIMITS.peopleMax) },
    'Asks how people want to be seen: display names and colours.',
    { requestId: 'r3', usernames: ['carol'] },
  ),
  command('PING', {}, 'Asks for a PONG; for clients that cannot see WebSocket pings.', { requestId: 'r2' }),
  command('DISCONNECT', { from }, 'Answers what is under way, then closes with 1000.', {}),
] as const;

export const presenceCommands = [
  command(
    'PRESENCE_WATCH',
    { usernames: z.array(f.username).max(LIMITS.presenceWatchMaxUsers) },
    'Replaces the list of people beside one’s friends that this connection looks at; only people one shares a group with.',
    { usernames: ['carol'] },
  ),
  command(
    'PRESENCE_SET',
    { status: z.enum(['online', 'away', 'invisible']) },
    'Away or back, for this connection; `invisible` is kept for the user until it is set to something else.',
    { status: 'away' },
  ),
  command('PING', {}, 'Asks for a PONG.', { requestId: 'r1' }),
  command('DISCONNECT', { from }, 'Closes with 1000.', {}),
] as const;

export const ChatCommand = z.discriminatedUnion('type', chatCommands);
export const PresenceCommand = z.discriminatedUnion('type', presenceCommands);

/** A decoded command; the defaults are filled in. */
export type ChatCommand = z.infer<typeof ChatCommand>;
export type PresenceCommand = z.infer<typeof PresenceCommand>;
/** What a client may write: fields with a default may be left out. */
export type ChatCommandInput = z.input<typeof ChatCommand>;
export type PresenceCommandInput = z.input<typeof PresenceCommand>;
export type ChatCommandOf<T extends ChatCommand['type']> = Extract<ChatCommand, { type: T }>;
export type PresenceCommandOf<T extends PresenceCommand['type']> = Extract<PresenceCommand, { type: T }>;
