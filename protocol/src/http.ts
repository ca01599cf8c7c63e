import { z } from 'zod';
import {
  ConversationSettings,
  errorFields,
  GroupChatHistory,
  HistoryMessage,
  Inbox,
  InboxGroup,
  OneToOneChatHistory,
} from './events.js';
import * as f from './fields.js';
import { LIMITS } from './limits.js';

/**
 * The bodies and answers of the HTTP API. Routes are in the server's `edge/http`; the shapes are here, for the SDK too.
 * An `id` makes a shape a named component of the OpenAPI document.
 */
export const ErrorBody = z.object({ error: z.object(errorFields) }).meta({
  id: 'Error',
  examples: [
    {
      error: { code: 'invalid_field', message: 'username: expected at least 3 characters', field: 'username', retryable: false },
    },
  ],
});

const exampleId = '0190f5a0-7b1c-7000-8000-000000000001';
const idIn = (about: string) => f.id.meta({ description: about, examples: [exampleId] });
const usernameIn = (about: string) => f.username.meta({ description: about, examples: ['bob'] });
/** What stands in a path. */
export const ChatPath = z.object({ chatId: idIn('The direct chat.') });
export const GroupPath = z.object({ groupId: idIn('The group.') });
export const MemberPath = z.object({ groupId: idIn('The group.'), username: usernameIn('The member.') });
export const ConversationPath = z.object({ conversationId: idIn('A direct chat or a group.') });
export const UserPath = z.object({ username: usernameIn('The other person.') });
export const SessionPath = z.object({ sessionId: idIn('The session.') });

/** Null: none was chosen. */
const look = { displayName: f.displayName.nullable(), colour: f.colour.nullable() };
const user = { userId: f.id, username: f.username, ...look, createdAt: f.time };
export const User = z.object(user).meta({ id: 'User' });
export const Me = z.object({ ...user, invisible: z.boolean(), admin: z.boolean() }).meta({ id: 'Me' });

export const Credentials = z.object({ username: f.username, password: f.password }).meta({
  examples: [{ username: 'ann', password: 'correct horse battery' }],
});
/** For browsers: the session is to be in a cookie that no script can read, instead of a token in the answer. */
const cookie = { cookie: z.boolean().default(false) };
export const SignIn = Credentials.extend(cookie).meta({
  examples: [
    { username: 'ann', password: 'correct horse battery' },
    { username: 'ann', password: 'correct horse battery', cookie: true },
  ],
});
export const Registration = Credentials.extend({ displayName: f.displayName.optional(), ...cookie }).meta({
  examples: [{ username: 'ann', password: 'correct horse battery', displayName: 'Ann' }],
});
const session = { expiresAt: f.time, sessionId: f.id, user: Me };
/** `token` goes into `Authorization: Bearer …`, or into the WebSocket's `?token=` or subprotocols `parley`, `<token>`. */
export const Authenticated = z.object({ token: z.string(), ...session }).meta({ id: 'Authenticated' });
/** A name that one would like to have. */
export const WantedName = z.object({ username: f.username });
export const NameState = z.object({ username: f.username, free: z.boolean() }).meta({ id: 'NameState' });
export const Installation = z.object({ isNew: z.boolean() }).meta({ id: 'Installation' });
/** What stands for the token came as a cookie. */
export const CookieSession = z.object(session).meta({ id: 'CookieSession' });
/** Goes where a token goes when a WebSocket is opened, and nowhere else. */
export const Ticket = z.object({ ticket: z.string(), expiresAt: f.time }).meta({ id: 'Ticket' });
export const PasswordChange = z.object({ current: f.password, next: f.password }).meta({
  examples: [{ current: 'correct horse battery', next: 'staple correct horse' }],
});
export const ProfileChange = z
  .object({
    displayName: f.displayName.nullable().optional(),
    colour: f.colour.nullable().optional(),
    invisible: z.boolean().optional(),
  })
  .meta({
    examples: [
      { displayName: 'Ann of Arden', colour: 'teal' },
      { displayName: null, invisible: true },
    ],
  });

export const Session = z
  .object({
    sessionId: f.id,
    createdAt: f.time,
    lastUsedAt: f.time,
    expiresAt: f.time,
    userAgent: z.string().nullable(),
    address: z.string().nullable(),
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
export const Sessions = z.object({ sessions: z.array(Session) });

/** `password` once more, so that a device left open is not enough. */
export const AccountClosing = z.object({ password: f.password }).meta({ examples: [{ password: 'correct horse battery' }] });

export const UserSearch = z.object({
  prefix: f.usernamePrefix.meta({ examples: ['bo'] }),
  limit: z.coerce.number().int().min(1).max(LIMITS.usersMax).default(LIMITS.usersDefault),
});
export const Users = z.object({ users: z.array(User) });
export const Friends = z.object({ friends: z.array(z.object({ username: f.username, chatId: f.id })) });
export const Blocks = z.object({ blocks: z.array(z.object({ username: f.username, since: f.time })) });

export const ChatStart = z.object({ with: f.username }).meta({ examples: [{ with: 'bob' }] });
export const ChatRef = z.object({ chatId: f.id, with: f.username, created: z.boolean() });

export const GroupCreation = z
  .object({
    name: f.groupName,
    access: f.access.default('open'),
    visibility: f.visibility.default('all'),
    members: z.array(f.username).max(LIMITS.membersMax).default([]),
  })
  .meta({ examples: [{ name: 'Climbing', members: ['bob'] }] });
export const GroupChange = z
  .object({
    name: f.groupName.optional(),
    access: f.access.optional(),
    visibility: f.visibility.optional(),
  })
  .meta({ examples: [{ name: 'Bouldering' }, { access: 'invite', visibility: 'joined' }] });
export const Group = InboxGroup.meta({ id: 'Group' });
/** What the link of an open group shows to those who are not in it. */
export const Invitation = z
  .object({ groupId: f.id, name: f.groupName, memberCount: z.number().int().min(0), isMember: z.boolean() })
  .meta({ id: 'Invitation' });
export const MemberAddition = z.object({ username: f.username }).meta({ examples: [{ username: 'bob' }] });
export const RoleChange = z.object({ role: f.role }).meta({ examples: [{ role: 'admin' }] });
export const MembersPage = z.object({
  after: f.username.optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.membersMax).default(LIMITS.membersDefault),
});
const Member = z
  .object({ username: f.username, ...look, role: f.role, joinedAt: f.time, joinedSeq: f.seq, delivered: f.seq, read: f.seq })
  .meta({ id: 'Member' });
export const Members = z.object({ members: z.array(Member), hasMore: z.boolean() });

/** What is not named stays as it is. */
export const SettingsChange = ConversationSettings.partial().meta({
  examples: [{ pinned: true }, { muted: true, archived: true }],
});
export const Settings = ConversationSettings.meta({ id: 'ConversationSettings' });

/** All that there is of somebody: with every message that they wrote, in conversations that they have left too. */
export const Export = z
  .object({
    exportedAt: f.time,
    profile: Me,
    sessions: Sessions.shape.sessions,
    blocks: Blocks.shape.blocks,
    conversations: z.array(
      z.object({
        /** Either a direct chat, `with` somebody, or a group, with its `name` and one's `role`. */
        chatId: f.id.optional(),
        with: f.username.optional(),
        groupId: f.id.optional(),
        name: f.groupName.optional(),
        role: f.role.optional(),
        joinedAt: f.time,
        isMember: z.boolean(),
        settings: ConversationSettings,
        messages: z.array(HistoryMessage),
      }),
    ),
  })
  .meta({ id: 'Export' });

export const InboxPage = z.object({
  token: z.string().max(200).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.inboxMaxConversations).default(LIMITS.inboxDefaultConversations),
});
export const HistoryPage = z.object({
  before: z.coerce.number().int().min(0).optional(),
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.historyMaxEntries).default(LIMITS.historyDefaultEntries),
});
export const ChatHistory = OneToOneChatHistory.omit({ type: true, requestId: true }).meta({ id: 'ChatHistory' });
export const GroupHistory = GroupChatHistory.omit({ type: true, requestId: true }).meta({ id: 'GroupHistory' });
export { Inbox };

export * from './http-admin.js';

export const Health = z
  .object({
    status: z.enum(['ok', 'degraded', 'draining']),
    /** Seconds. */
    uptime: z.number(),
    timestamp: z.string(),
    version: z.string(),
    profile: z.string(),
    roles: z.array(z.string()),
    /** `slow`: it has not answered yet, and works as far as is known. */
    checks: z.record(z.string(), z.enum(['ok', 'slow', 'failing'])),
  })
  .meta({ id: 'Health' });
/** Of the process alone: no store is asked. */
export const Liveness = z.object({ status: z.literal('ok') });

export type User = z.infer<typeof User>;
export type Me = z.infer<typeof Me>;
export type Authenticated = z.infer<typeof Authenticated>;
export type CookieSession = z.infer<typeof CookieSession>;
export type Ticket = z.infer<typeof Ticket>;
export type Session = z.infer<typeof Session>;
export type Invitation = z.infer<typeof Invitation>;
export type Members = z.infer<typeof Members>;
export type Health = z.infer<typeof Health>;
export type ErrorBody = z.infer<typeof ErrorBody>;
export type SettingsChange = z.infer<typeof SettingsChange>;
export type Export = z.infer<typeof Export>;
export type ChatRef = z.infer<typeof ChatRef>;
export type ChatHistory = z.infer<typeof ChatHistory>;
export type GroupHistory = z.infer<typeof GroupHistory>;
