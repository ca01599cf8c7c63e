import { Refusal, type Access, type InboxGroup, type Role, type Visibility, type http } from '@parley/protocol';
import type { ContactStore, ConversationStore, Opened, Roster } from '../ports/conversations.js';
import type { Appended, Change, EntryDetail, EntryKind, LogStore } from '../ports/log.js';
import type { Runtime } from '../ports/runtime.js';
import type { Caller } from './caller.js';
import type { Acquaintance } from './chats.js';
import type { Delivery } from './delivery.js';
import type { Door } from './door.js';
import type { Recipient } from './hub.js';
import type { Names } from './names.js';
import { untilFresh } from './refused.js';
import { groupView } from './views.js';

export interface GroupsParts {
  conversations: ConversationStore;
  contacts: ContactStore;
  log: LogStore;
  door: Door;
  names: Names;
  delivery: Delivery;
  friends: Acquaintance;
  runtime: Runtime;
  maxMembers: number;
}

interface NewGroup {
  name: string;
  access: Access;
  visibility: Visibility;
  members: string[];
}

/**
 * Groups and who is in them. Each change is an entry of the group's log, checked against the members as they are and
 * applied only if they still are (R6).
 */
export class Groups {
  readonly #parts: GroupsParts;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /** The creator is the owner and a member; `members` are added at once. */
  async create(caller: Caller, group: NewGroup, origin?: Recipient): Promise<InboxGroup> {
    const { conversations, delivery, runtime } = this.#parts;
    const memberIds = await this.#invited(caller, group.members);
    const id = runtime.id();
    const appended = await untilFresh(() =>
      conversations.createGroup({
        id,
        ownerId: caller.userId,
        name: group.name,
        access: group.access,
        visibility: group.visibility,
        memberIds,
        messageIds: Array.from({ length: memberIds.length + 1 }, () => runtime.id()),
        at: runtime.now(),
      }),
    );
    await delivery.deliver(appended, origin);
    return this.get(caller, id);
  }

  async get(caller: Caller, groupId: string): Promise<InboxGroup> {
    return groupView(await this.#parts.door.open(caller, { groupId }), null, this.#parts.names, caller.userId);
  }

  /** Renames the group or changes its settings; admins only. */
  async change(
    caller: Caller,
    groupId: string,
    wanted: { name?: string | undefined; access?: Access | undefined; visibility?: Visibility | undefined },
  ): Promise<InboxGroup> {
    await this.#append(caller, groupId, undefined, (opened) => {
      requireRole(opened, 'admin');
      const { name, access, visibility } = wanted;
      const settings = { ...(access !== undefined && { access }), ...(visibility !== undefined && { visibility }) };
      const entries: Draft[] = [];
      if (name !== undefined) entries.push({ kind: 'renamed', detail: { name } });
      if (Object.keys(settings).length > 0) entries.push({ kind: 'settings', detail: settings });
      return entries.length === 0 ? null : { entries, set: { ...(name !== undefined && { name }), ...settings } };
    });
    return this.get(caller, groupId);
  }

  /** By username, `limit` at a time; with their cursors, so that one can see who has read what. */
  async members(caller: Caller, groupId: string, page: { after?: string | undefined; limit: number }): Promise<http.Members> {
    await this.#parts.door.open(caller, { groupId });
    const members = await this.#parts.conversations.members(groupId, page.after, page.limit + 1);
    return {
      members: members.slice(0, page.limit).map(({ userId: _, ...member }) => member),
      hasMore: members.length > page.limit,
    };
  }

  /** What may be known of a group before joining: an open one, or one's own. */
  async invitation(caller: Caller, groupId: string): Promise<http.Invitation> {
    const { conversations } = this.#parts;
    const isMember = (await conversations.open(caller.userId, groupId)) !== null;
    const group = await conversations.group(groupId);
    if (group === null || (!isMember && group.access !== 'open')) throw noOpenGroup();
    if (group.closed) throw new Refusal('group_closed');
    return { groupId, name: group.name, memberCount: group.memberCount, isMember };
  }

  /** Joins an open group. Joining again changes nothing. */
  async join(caller: Caller, groupId: string, origin?: Recipient): Promise<InboxGroup> {
    const appended = await untilFresh(async () => {
      // The version first: who joins by another device after this look is not overlooked, for then it is stale.
      const group = await this.#parts.conversations.group(groupId);
      if ((await this.#parts.conversations.open(caller.userId, groupId)) !== null) return null;
      if (group === null || group.access !== 'open') throw noOpenGroup();
      if (group.closed) throw new Refusal('group_closed');
      this.#checkRoom(group.memberCount, 1);
      return this.#write(caller, group, {
        entries: [{ kind: 'joined', detail: { userId: caller.userId, role: 'member' } }],
        members: [{ userId: caller.userId, role: 'member', entry: 0 }],
      });
    });
    if (appended !== null) await this.#parts.delivery.deliver(appended, origin);
    return this.get(caller, groupId);
  }

  /** Leaves. The last owner hands on to the longest-standing admin, else member; the last member closes the group. */
  async leave(caller: Caller, groupId: string, origin?: Recipient): Promise<void> {
    await this.#append(caller, groupId, origin, async (opened) => {
      const roster = await this.#roster(opened);
      const entries: Draft[] = [{ kind: 'left', detail: { userId: caller.userId } }];
      const members: NonNullable<Draftable['members']> = [{ userId: caller.userId, role: null, entry: 0 }];
      if (roster.members.size === 1) {
        entries.push({ kind: 'closed' });
        return { entries, members, set: { closed: true } };
      }
      const heir = opened.membership.role === 'owner' ? heirOf(roster, caller.userId) : null;
      if (heir !== null) {
        entries.push({ kind: 'role', detail: { userId: heir, role: 'owner' } });
        members.push({ userId: heir, role: 'owner', entry: 1 });
      }
      return { entries, members };
    });
  }

  /** Adds somebody: any member of an open group may, in an invite-only one admins. Not over a block. */
  async add(caller: Caller, groupId: string, username: string): Promise<void> {
    const [userId] = await this.#invited(caller, [username]);
    if (userId === undefined) {
      await this.#parts.door.open(caller, { groupId });
      throw new Refusal('already_member', undefined, { field: 'username' });
    }
    await this.#append(caller, groupId, undefined, async (opened) => {
      if (opened.conversation.kind === 'group' && opened.conversation.access === 'invite') requireRole(opened, 'admin');
      const roster = await this.#roster(opened);
      if (roster.members.has(userId)) throw new Refusal('already_member', undefined, { field: 'username' });
      this.#checkRoom(roster.members.size, 1);
      return {
        entries: [{ kind: 'added', detail: { userId, role: 'member' } }],
        members: [{ userId, role: 'member', entry: 0 }],
      };
    });
  }

  /** Takes somebody out: admins take out members, owners also admins. Oneself: see `leave`. */
  async remove(caller: Caller, groupId: string, username: string): Promise<void> {
    const userId = await this.#userId(username);
    if (userId === caller.userId) return this.leave(caller, groupId);
    await this.#append(caller, groupId, undefined, async (opened) => {
      const member = (await this.#roster(opened)).members.get(userId);
      if (member === undefined) throw new Refusal('not_found', `${username} is not a member.`, { field: 'username' });
      requireRole(opened, member.role === 'member' ? 'admin' : 'owner');
      return { entries: [{ kind: 'removed', detail: { userId } }], members: [{ userId, role: null, entry: 0 }] };
    });
  }

  /** Sets a member's role; owners only. The last owner cannot step down without another. */
  async setRole(caller: Caller, groupId: string, username: string, role: Role): Promise<void> {
    const userId = await this.#userId(username);
    await this.#append(caller, groupId, undefined, async (opened) => {
      requireRole(opened, 'owner');
      const roster = await this.#roster(opened);
      const member = roster.members.get(userId);
      if (member === undefined) throw new Refusal('not_found', `${username} is not a member.`, { field: 'username' });
      if (member.role === role) return null;
      if (member.role === 'owner' && owners(roster) === 1) {
        throw new Refusal('not_allowed', 'The last owner stays until there is another.', { field: 'role' });
      }
      return { entries: [{ kind: 'role', detail: { userId, role } }], members: [{ userId, role, entry: 0 }] };
    });
  }

  /** Reads, lets `decide` check and draft, appends, and does so again if the members changed meanwhile. */
  async #append(
    caller: Caller,
    groupId: string,
    origin: Recipient | undefined,
    decide: (opened: Opened) => Draftable | null | Promise<Draftable | null>,
  ): Promise<void> {
    const gone: string[] = [];
    const appended = await untilFresh(async () => {
      const opened = await this.#parts.door.open(caller, { groupId });
      if (opened.conversation.kind === 'group' && opened.conversation.closed) throw new Refusal('group_closed');
      const draft = await decide(opened);
      gone.splice(0, Infinity, ...(draft?.members ?? []).filter(({ role }) => role === null).map(({ userId }) => userId));
      return draft === null ? null : this.#write(caller, groupOf(opened), draft);
    });
    if (appended !== null) await this.#parts.delivery.deliver(appended, origin);
    for (const userId of gone) this.#parts.friends.leftGroup(userId);
  }

  /** Each entry says the group's name as it is then, so that a page shows it so for ever. */
  #write(caller: Caller, group: { id: string; name: string; membersVersion: number }, draft: Draftable): Promise<Appended> {
    const { log, runtime } = this.#parts;
    return log.append({
      kind: 'change',
      conversationId: group.id,
      actorId: caller.userId,
      membersVersion: group.membersVersion,
      at: runtime.now(),
      ...draft,
      entries: draft.entries.map((entry) => ({
        messageId: runtime.id(),
        ...entry,
        detail: { name: draft.set?.name ?? group.name, ...entry.detail },
      })),
    });
  }

  async #roster(opened: Opened): Promise<Roster> {
    const roster = await this.#parts.conversations.roster(opened.conversation.id);
    if (roster === null) throw new Error(`group ${opened.conversation.id} has no roster`);
    return roster;
  }

  async #userId(username: string): Promise<string> {
    const userId = await this.#parts.names.idOf(username);
    if (userId === null) throw new Refusal('not_found', `There is no user ${username}.`, { field: 'username' });
    return userId;
  }

  /** Ids of those who may be added by the caller, without the caller and without repeats. */
  async #invited(caller: Caller, usernames: string[]): Promise<string[]> {
    const ids = new Map<string, string>();
    for (const username of usernames) ids.set(await this.#userId(username), username);
    ids.delete(caller.userId);
    this.#checkRoom(1, ids.size);
    const [blocked] = await this.#parts.contacts.blockedAmong(caller.userId, [...ids.keys()]);
    if (blocked !== undefined) throw new Refusal('blocked', `${ids.get(blocked)} cannot be added by you.`, { field: 'members' });
    return [...ids.keys()];
  }

  #checkRoom(present: number, more: number): void {
    if (present + more > this.#parts.maxMembers) throw new Refusal('group_full');
  }
}

const noOpenGroup = () => new Refusal('not_found', 'There is no open group with this id.', { field: 'groupId' });

type Draft = { kind: EntryKind; detail?: EntryDetail };
type Draftable = Pick<Change, 'members' | 'set'> & { entries: Draft[] };

const RANK: Record<Role, number> = { member: 0, admin: 1, owner: 2 };

function requireRole(opened: Opened, least: Role): void {
  if (RANK[opened.membership.role] < RANK[least]) throw new Refusal('not_allowed');
}

function groupOf({ conversation }: Opened): { id: string; name: string; membersVersion: number } {
  if (conversation.kind !== 'group') throw new Error(`conversation ${conversation.id} is not a group`);
  return conversation;
}

const owners = (roster: Roster) => [...roster.members.values()].filter((member) => member.role === 'owner').length;

function heirOf(roster: Roster, leavingId: string): string | null {
  const others = [...roster.members].filter(([userId]) => userId !== leavingId);
  if (others.some(([, member]) => member.role === 'owner')) return null;
  others.sort(([, a], [, b]) => RANK[b.role] - RANK[a.role] || a.joinedSeq - b.joinedSeq);
  return others[0]?.[0] ?? null;
}
