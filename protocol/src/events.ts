import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from './codes.js';
import * as f from './fields.js';

/** Server → client, both sockets. A client ignores types and fields that it does not know. */
const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S, about: string, example: object) =>
  z.object({ type: z.literal(type), ...shape }).meta({ title: type, description: about, examples: [{ type, ...example }] });

const chatId = f.id;
const groupId = f.id;
/** Every entry of a log: its place, its identity, who made it and when. */
const entry = { seq: f.seq, messageId: f.id, from: f.username, createdAt: f.time };
const exampleEntry = { seq: 17, messageId: '0190f5a0-7b1c-7000-8000-000000000003', from: 'ann', createdAt: 1790000000000 };
const exampleChat = '0190f5a0-7b1c-7000-8000-000000000002';
const exampleGroup = '0190f5a0-7b1c-7000-8000-000000000001';

/** A message as it stands in a history page: content as last edited; empty when deleted. */
export const HistoryMessage = z.object({
  ...entry,
  /** Its number among the countable messages of the conversation. */
  ordinal: z.int(),
  content: z.string(),
  /** Only in the sender's own view. */
  clientMessageId: f.clientMessageId.optional(),
  editedAt: f.time.optional(),
  deletedAt: f.time.optional(),
});

/** How somebody wants to be seen. Null: none was chosen. */
export const Person = z.object({ username: f.username, displayName: f.displayName.nullable(), colour: f.colour.nullable() });
/** Of those whom it names: who has a display name or a colour. Who is named and not in it has neither. */
const people = z.array(Person);
const examplePerson = { username: 'ann', displayName: 'Ann of Arden', colour: 'teal' };

/** How somebody wants to see a conversation; nobody else is told. */
export const ConversationSettings = z.object({ muted: z.boolean(), pinned: z.boolean(), archived: z.boolean() });
const exampleSettings = { muted: false, pinned: false, archived: false };

/** What both kinds of conversation say of themselves in the inbox. */
const conversation = {
  lastSeq: f.seq,
  /** How many countable messages the log holds. */
  ordinal: z.int(),
  /** Messages of others after one's read cursor. */
  unread: z.int(),
  /** One's own cursors. */
  delivered: f.seq,
  read: f.seq,
  /** When it last moved. */
  lastAt: f.time,
  /** The newest message, as a history page shows it. */
  lastMessage: HistoryMessage.optional(),
  settings: ConversationSettings,
};
export const InboxChat = z.object({
  chatId,
  with: f.username,
  /** The other's cursors. */
  peerDelivered: f.seq,
  peerRead: f.seq,
  /** One of the two has blocked the other: nothing can be sent. */
  blocked: z.boolean(),
  ...conversation,
});
export const InboxGroup = z.object({
  groupId,
  name: f.groupName,
  role: f.role,
  access: f.access,
  visibility: f.visibility,
  memberCount: z.int(),
  closed: z.boolean(),
  /** The seq of one's joining; with visibility `joined` nothing before it can be read. */
  joinedSeq: f.seq,
  ...conversation,
});
/** One that comes late may have been edited or deleted already; its content is then as in a history page. */
const chatMessage = {
  ...entry,
  ordinal: z.int(),
  content: z.string(),
  clientMessageId: f.clientMessageId.optional(),
  editedAt: f.time.optional(),
  deletedAt: f.time.optional(),
};

export const OneToOneChat = event(
  'ONE_TO_ONE_CHAT',
  { ...chatMessage, to: f.username, chatId },
  'A direct message, to the recipient’s devices and the sender’s other devices (those see clientMessageId).',
  { ...exampleEntry, ordinal: 17, to: 'bob', chatId: exampleChat, content: 'Hello!' },
);
export const GroupChat = event('GROUP_CHAT', { ...chatMessage, groupId }, 'A message in a group.', {
  ...exampleEntry,
  ordinal: 16,
  groupId: exampleGroup,
  content: 'Hello group!',
});
const target = { chatId: chatId.optional(), groupId: groupId.optional() };
export const MessageEdited = event(
  'MESSAGE_EDITED',
  { ...entry, ...target, target: z.object({ seq: f.seq, messageId: f.id }), content: z.string() },
  'An entry that replaced the content of an earlier one.',
  {
    ...exampleEntry,
    seq: 18,
    chatId: exampleChat,
    target: { seq: 17, messageId: exampleEntry.messageId },
    content: 'Hello, Bob!',
  },
);
export const MessageDeleted = event(
  'MESSAGE_DELETED',
  { ...entry, ...target, target: z.object({ seq: f.seq, messageId: f.id }) },
  'An entry that deleted an earlier one; that one keeps its place and number.',
  { ...exampleEntry, seq: 19, chatId: exampleChat, target: { seq: 17, messageId: exampleEntry.messageId } },
);
export const GroupEvent = event(
  'GROUP_EVENT',
  {
    ...entry,
    groupId,
    /** The group's name as it is after this entry. */
    name: f.groupName,
    event: z.enum(['created', 'renamed', 'settings', 'joined', 'left', 'added', 'removed', 'role', 'closed']),
    /** Whom it concerns: who joined, left, was added, was removed, or whose role changed. */
    username: f.username.optional(),
    role: f.role.optional(),
    access: f.access.optional(),
    visibility: f.visibility.optional(),
    /**
     * Only with the first entry that a connection gets of a new group: the group as its inbox shows it. What lies at or
     * below its `lastSeq` does not come.
     */
    group: InboxGroup.optional(),
  },
  'A change of a group or its members; it stands in the log like a message but is not counted as unread.',
  { ...exampleEntry, groupId: exampleGroup, name: 'Climbing', event: 'added', username: 'bob', role: 'member' },
);
export const ChatStarted = event(
  'CHAT_STARTED',
  { chatId, with: f.username, createdAt: f.time },
  'A direct chat now exists; `with` is the other person, seen from the receiver.',
  { chatId: exampleChat, with: 'ann', createdAt: 1790000000000 },
);

/** The kinds of entries that a history page lists beside its messages. */
export const HistoryEvent = z.discriminatedUnion('type', [
  MessageEdited,
  MessageDeleted,
  GroupEvent.omit({ group: true }).meta({ ...GroupEvent.meta() }),
]);

const history = {
  requestId: f.requestId.optional(),
  /** Oldest first. */
  messages: z.array(HistoryMessage),
  /** The other entries of the same range, in the form in which they came live; oldest first. */
  events: z.array(HistoryEvent),
  /** The range of seqs that this page covers, both ends included; `coversTo < coversFrom` means nothing. */
  coversFrom: f.seq,
  coversTo: f.seq,
  /** More in the direction asked: older ones, or with `after` newer ones. */
  hasMore: z.boolean(),
};
const exampleHistory = {
  messages: [{ ...exampleEntry, ordinal: 17, content: 'Hello!' }],
  events: [],
  coversFrom: 17,
  coversTo: 17,
  hasMore: false,
};
export const OneToOneChatHistory = event(
  'ONE_TO_ONE_CHAT_HISTORY',
  { chatId, with: f.username, ...history },
  'A page of a direct chat.',
  { chatId: exampleChat, with: 'bob', ...exampleHistory },
);
export const GroupChatHistory = event(
  'GROUP_CHAT_HISTORY',
  { groupId, ...history, people: people.optional() },
  'A page of a group.',
  { groupId: exampleGroup, ...exampleHistory, people: [examplePerson] },
);

export const Inbox = z.object({
  username: f.username,
  chats: z.array(InboxChat),
  groups: z.array(InboxGroup),
  people: people.optional(),
  /** Groups left or removed from since the token. */
  left: z.array(z.object({ groupId })),
  /** The next page: INIT_DATA {cursor}. Absent on the last. */
  cursor: z.string().optional(),
  /** On the last page: what to say next time to get only what moved. Opaque. */
  token: z.string().optional(),
});
const exampleInbox = {
  username: 'bob',
  chats: [
    {
      chatId: exampleChat,
      with: 'ann',
      peerDelivered: 17,
      peerRead: 17,
      blocked: false,
      lastSeq: 17,
      ordinal: 17,
      unread: 1,
      delivered: 16,
      read: 16,
      lastAt: 1790000000000,
      lastMessage: { ...exampleEntry, ordinal: 17, content: 'Hello!' },
      settings: exampleSettings,
    },
  ],
  groups: [],
  people: [examplePerson],
  left: [],
  token: 'MTc5MDAwMDAwMDAwMA',
};
export const InitData = event(
  'INIT_DATA',
  { requestId: f.requestId.optional(), ...Inbox.shape },
  'The inbox, newest first: what there is and how much of it is new, not the content. Sent unasked once to a client that does not ask.',
  exampleInbox,
);

export const Receipt = event(
  'RECEIPT',
  {
    ...target,
    receipts: z.array(
      z.object({
        username: f.username,
        delivered: f.seq,
        read: f.seq,
        /** Only about oneself: what is unread now. */
        unread: z.int().optional(),
      }),
    ),
  },
  'Cursors that moved: of others, for messages that one wrote; of oneself, on one’s other devices.',
  { chatId: exampleChat, receipts: [{ username: 'bob', delivered: 17, read: 16 }] },
);
export const Typing = event('TYPING', { ...target, from: f.username }, 'Somebody is typing; fades after 5 seconds.', {
  chatId: exampleChat,
  from: 'bob',
});
export const BlockChanged = event(
  'BLOCK_CHANGED',
  { chatId, with: f.username, blocked: z.boolean() },
  'A direct chat was closed or opened by a block.',
  { chatId: exampleChat, with: 'bob', blocked: true },
);
export const SettingsChanged = event(
  'CONVERSATION_SETTINGS',
  { ...target, settings: ConversationSettings },
  'How one wants to see a conversation has changed, on whichever device.',
  { chatId: exampleChat, settings: { ...exampleSettings, pinned: true } },
);

export const People = event('PEOPLE', { requestId: f.requestId.optional(), people }, 'The answer to GET_PEOPLE.', {
  requestId: 'r3',
  people: [{ username: 'carol', displayName: null, colour: 'plum' }],
});
export const PersonChanged = event(
  'PERSON_CHANGED',
  { person: Person },
  'Somebody changed how they want to be seen: oneself, or somebody with whom one has a direct chat.',
  { person: examplePerson },
);

export const PresenceUpdate = event(
  'PRESENCE_UPDATE',
  { username: f.username, status: f.status, lastSeen: f.time.nullable() },
  'Somebody’s presence: once for each friend after connecting, then when it changes. No news for a friend means offline.',
  { username: 'ann', status: 'online', lastSeen: 1790000000000 },
);

export const Success = event(
  'SUCCESS',
  {
    requestId: f.requestId.optional(),
    /** The type of the command that this answers. */
    command: z.string(),
    ...target,
    clientMessageId: f.clientMessageId.optional(),
    messageId: f.id.optional(),
    seq: f.seq.optional(),
    ordinal: z.int().optional(),
    createdAt: f.time.optional(),
    /** After CREATE_GROUP and JOIN_GROUP. */
    group: InboxGroup.optional(),
  },
  'The command was carried out. For a message: it is on stable storage, at this place, for good.',
  {
    command: 'ONE_TO_ONE_CHAT',
    clientMessageId: '7c1f5f0e9a3d4b52',
    chatId: exampleChat,
    messageId: exampleEntry.messageId,
    seq: 17,
    ordinal: 17,
    createdAt: 1790000000000,
  },
);
export const errorFields = {
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  /** For people; may change. */
  message: z.string(),
  /** The field that is wrong, as a path: `content`, `usernames.3`. */
  field: z.string().optional(),
  /** The same request may succeed later; nothing of it was accepted. */
  retryable: z.boolean(),
  retryAfterMs: z.int().optional(),
};
export const ErrorEvent = event(
  'ERROR',
  {
    requestId: f.requestId.optional(),
    command: z.string().optional(),
    clientMessageId: f.clientMessageId.optional(),
    ...errorFields,
  },
  'The command was not carried out; the connection stays.',
  { code: 'invalid_field', field: 'content', message: 'content: expected at least 1 character', retryable: false },
);
export const Info = event(
  'INFO',
  {
    code: z.enum(['draining', 'presence_ready', 'frames_dropped', 'resync']),
    message: z.string(),
    reconnectAfterMs: z.int().optional(),
  },
  'For people, and a hint for clients.',
  { code: 'draining', message: 'The server is about to stop; connect again.', reconnectAfterMs: 1200 },
);
export const Pong = event(
  'PONG',
  { requestId: f.requestId.optional(), time: f.time },
  'The answer to PING; `time` is the server’s.',
  {
    time: 1790000000000,
  },
);

export const chatEvents = [
  InitData,
  OneToOneChat,
  GroupChat,
  MessageEdited,
  MessageDeleted,
  GroupEvent,
  ChatStarted,
  OneToOneChatHistory,
  GroupChatHistory,
  Receipt,
  Typing,
  BlockChanged,
  SettingsChanged,
  People,
  PersonChanged,
  Success,
  ErrorEvent,
  Info,
  Pong,
] as const;
export const presenceEvents = [PresenceUpdate, Success, ErrorEvent, Info, Pong] as const;

export const ChatEvent = z.discriminatedUnion('type', chatEvents);
export const PresenceEvent = z.discriminatedUnion('type', presenceEvents);
export type ChatEvent = z.infer<typeof ChatEvent>;
export type PresenceEvent = z.infer<typeof PresenceEvent>;
export type ServerEvent = ChatEvent | PresenceEvent;
export type EventOf<T extends ServerEvent['type']> = Extract<ServerEvent, { type: T }>;
export type HistoryMessage = z.infer<typeof HistoryMessage>;
export type HistoryEvent = z.infer<typeof HistoryEvent>;
export type Person = z.infer<typeof Person>;
export type ConversationSettings = z.infer<typeof ConversationSettings>;
export type Inbox = z.infer<typeof Inbox>;
export type InboxChat = z.infer<typeof InboxChat>;
export type InboxGroup = z.infer<typeof InboxGroup>;
/** An entry of a log as it comes live. */
export type EntryEvent = EventOf<'ONE_TO_ONE_CHAT' | 'GROUP_CHAT' | 'MESSAGE_EDITED' | 'MESSAGE_DELETED' | 'GROUP_EVENT'>;
