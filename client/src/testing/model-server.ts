import type {
  ChatCommandOf,
  ChatCommand,
  ErrorCode,
  HistoryEvent,
  HistoryMessage,
  InboxChat,
  InboxGroup,
  ServerEvent,
} from '@parley/protocol';
import { ERROR_CODES } from '@parley/protocol/codes';
import type { SocketFactory } from '../socket.js';
import { ScriptedSocket, type Sent } from './scripted-socket.js';
import type { SimulatedRuntime } from './simulated-runtime.js';

interface Member {
  joinedSeq: number;
  delivered: number;
  read: number;
}

type Row = { kind: 'message'; message: HistoryMessage } | { kind: 'other'; event: HistoryEvent };

interface Log {
  id: string;
  kind: 'chat' | 'group';
  name: string;
  members: Map<string, Member>;
  rows: Row[];
  ordinal: number;
  movedAt: number;
}

interface Connected {
  username: string;
  socket: ScriptedSocket;
  isOpen: boolean;
  refused: Map<string, string>;
  /** Replies keep their order; they and hints overtake each other. */
  lastReplyAt: number;
}

/** What goes wrong, decided anew for each command and each hint. */
export interface Faults {
  /** Refuses a command before anything of it is done. */
  refuse: (command: Sent) => ErrorCode | null;
  /** The hint of an entry is lost; the next poll makes up for it. */
  loses: () => boolean;
  /** The reply is lost with the connection, after the command was carried out. */
  cutsAfter: (command: Sent) => boolean;
  /** How long a frame takes, in milliseconds. */
  latencyMs: () => number;
}

const NO_FAULTS: Faults = { refuse: () => null, loses: () => false, cutsAfter: () => false, latencyMs: () => 1 };
const POLL_MS = 5_000;

/**
 * The other end of the protocol, as small as it can be while every promise holds: logs, idempotency, cursors, inbox and
 * pages, R4's order of refusals, hints that may be lost, late or out of order. It is what the SDK's promises are held
 * against; the real server has tests of its own.
 */
export class ModelServer {
  readonly logs = new Map<string, Log>();
  /** Every ACK and READ with what its user's device could have received at most. */
  readonly #runtime: SimulatedRuntime;
  readonly #connected = new Set<Connected>();
  readonly #sends = new Map<string, HistoryMessage & { chatId?: string; groupId?: string }>();
  readonly #owed: { to: Connected; event: ServerEvent }[] = [];
  faults: Faults = NO_FAULTS;
  #ids = 0;

  constructor(runtime: SimulatedRuntime) {
    this.#runtime = runtime;
    this.#poll();
  }

  calm(): void {
    this.faults = NO_FAULTS;
  }

  /** The sockets of a device of this user. */
  socketsOf(username: string): SocketFactory {
    return (url, protocols) => {
      const connected: Connected = {
        username,
        isOpen: false,
        refused: new Map(),
        lastReplyAt: 0,
        socket: new ScriptedSocket(url, protocols, (command) => this.#later(connected, () => this.#handle(connected, command))),
      };
      this.#runtime.after(this.faults.latencyMs(), () => {
        if (connected.socket.closedWith !== null) return;
        connected.isOpen = true;
        this.#connected.add(connected);
        connected.socket.open();
      });
      return connected.socket;
    };
  }

  /** Cuts all connections of a user. */
  cut(username: string): void {
    for (const connected of this.#connected) if (connected.username === username) this.#end(connected);
  }

  /** A log that is there from the beginning. */
  begin(kind: Log['kind'], id: string, members: string[]): void {
    const joined = members.map((username): [string, Member] => [username, { joinedSeq: 1, delivered: 0, read: 0 }]);
    const log: Log = { id, kind, name: id, members: new Map(joined), rows: [], ordinal: 0, movedAt: this.#runtime.now() };
    this.logs.set(id, log);
  }

  /** The messages of a log as they stand. */
  messages(id: string): HistoryMessage[] {
    return this.#log(id).rows.flatMap((row) => (row.kind === 'message' ? [row.message] : []));
  }

  /** The inbox item of one conversation, as it would be given now. */
  itemOf(username: string, id: string): InboxChat | InboxGroup {
    const log = this.#log(id);
    const member = log.members.get(username);
    const messages = this.messages(id);
    const lastMessage = messages.at(-1);
    const common = {
      lastSeq: log.rows.length,
      ordinal: log.ordinal,
      unread: messages.filter((message) => message.seq > (member?.read ?? 0) && message.from !== username).length,
      delivered: member?.delivered ?? 0,
      read: member?.read ?? 0,
      lastAt: log.rows.length === 0 ? 0 : Math.max(...log.rows.map((row) => placeOf(row).createdAt)),
      settings: { muted: false, pinned: false, archived: false },
      ...(lastMessage !== undefined && { lastMessage: ownView(lastMessage, username) }),
    };
    if (log.kind === 'group') {
      const settings = { role: 'member', access: 'open', visibility: 'all', closed: false } as const;
      return {
        groupId: id,
        name: log.name,
        ...settings,
        memberCount: log.members.size,
        joinedSeq: member?.joinedSeq ?? 1,
        ...common,
      };
    }
    const [peer, cursors] = this.#peer(log, username);
    return { chatId: id, with: peer, peerDelivered: cursors.delivered, peerRead: cursors.read, blocked: false, ...common };
  }

  #peer(log: Log, username: string): [string, Member] {
    const peer = [...log.members].find(([other]) => other !== username);
    if (peer === undefined) throw new Error(`${log.id} has no other member`);
    return peer;
  }

  #log(id: string): Log {
    const log = this.logs.get(id);
    if (log === undefined) throw new Error(`there is no ${id}`);
    return log;
  }

  #later(connected: Connected, run: () => void): void {
    this.#runtime.after(0, () => this.#connected.has(connected) && run());
  }

  #end(connected: Connected): void {
    this.#connected.delete(connected);
    connected.socket.end(4000);
  }

  #reply(connected: Connected, command: Sent, event: ServerEvent | Sent): void {
    const reply = { ...event, ...(command.requestId !== undefined && { requestId: command.requestId }) };
    const at = Math.max(connected.lastReplyAt, this.#runtime.now() + this.faults.latencyMs());
    connected.lastReplyAt = at;
    const isCut = this.faults.cutsAfter(command);
    this.#runtime.after(at - this.#runtime.now(), () => {
      if (!this.#connected.has(connected) || connected.socket.closedWith !== null) return;
      if (isCut) this.#end(connected);
      else connected.socket.say(reply);
    });
  }

  #hint(usernames: Iterable<string>, event: (username: string) => ServerEvent, except: Connected | null, isOwed = true): void {
    const wanted = new Set(usernames);
    for (const to of this.#connected) {
      if (to === except || !wanted.has(to.username)) continue;
      if (this.faults.loses()) {
        if (isOwed) this.#owed.push({ to, event: event(to.username) });
      } else this.#runtime.after(this.faults.latencyMs(), () => this.#connected.has(to) && to.socket.say(event(to.username)));
    }
  }

  /** R9: what hints did not bring is brought by a poll. */
  #poll(): void {
    this.#runtime.after(POLL_MS, () => {
      for (const { to, event } of this.#owed.splice(0)) if (this.#connected.has(to)) to.socket.say(event);
      this.#poll();
    });
  }

  #handle(connected: Connected, sent: Sent): void {
    if (connected.socket.closedWith !== null) return void this.#connected.delete(connected);
    const command = sent as unknown as ChatCommand;
    const code = this.#refusal(connected, sent);
    if (code !== null) return this.#refuse(connected, sent, code);
    switch (command.type) {
      case 'INIT_DATA':
        return this.#inbox(connected, sent, command);
      case 'ONE_TO_ONE_CHAT':
      case 'GROUP_CHAT':
        return this.#send(connected, sent, command);
      case 'GET_ONE_TO_ONE_HISTORY':
      case 'GET_GROUP_CHAT_HISTORY':
        return this.#page(connected, sent, command);
      case 'ACK':
      case 'READ':
        return this.#move(connected, sent, command);
      case 'EDIT_MESSAGE':
      case 'DELETE_MESSAGE':
        return this.#revise(connected, sent, command);
      case 'GET_PEOPLE':
        return this.#reply(connected, sent, { type: 'PEOPLE', people: [] });
      case 'PING':
        return this.#reply(connected, sent, { type: 'PONG', time: this.#runtime.now() });
      default:
        return this.#refuse(connected, sent, 'unknown_type');
    }
  }

  #refusal(connected: Connected, sent: Sent): ErrorCode | null {
    const key = String(sent['to'] ?? sent['groupId'] ?? '');
    const isSend = sent.type === 'ONE_TO_ONE_CHAT' || sent.type === 'GROUP_CHAT';
    const waitsFor = isSend ? connected.refused.get(key) : undefined;
    if (waitsFor !== undefined && waitsFor !== sent['clientMessageId']) return 'previous_failed';
    if (isSend) connected.refused.delete(key);
    const code = this.faults.refuse(sent);
    if (isSend && code !== null && ERROR_CODES[code].retryable) connected.refused.set(key, String(sent['clientMessageId']));
    return code;
  }

  #refuse(connected: Connected, sent: Sent, code: ErrorCode): void {
    const { clientMessageId } = sent;
    const { retryable, about: message } = ERROR_CODES[code];
    this.#reply(connected, sent, { type: 'ERROR', code, message, retryable, command: sent.type, clientMessageId });
  }

  #inbox(connected: Connected, sent: Sent, { token, cursor, limit }: ChatCommandOf<'INIT_DATA'>): void {
    const { username } = connected;
    const [since, from] = cursor === undefined ? [Number(token ?? 0), 0] : (cursor.split(' ').map(Number) as [number, number]);
    const moved = [...this.logs.values()].filter((log) => log.members.has(username) && log.movedAt >= since);
    const page = moved.slice(from, from + limit).map((log) => ({ log, item: this.itemOf(username, log.id) }));
    const next = from + limit;
    this.#reply(connected, sent, {
      type: 'INIT_DATA',
      username,
      chats: page.filter(({ log }) => log.kind === 'chat').map(({ item }) => item as InboxChat),
      groups: page.filter(({ log }) => log.kind === 'group').map(({ item }) => item as InboxGroup),
      left: [],
      ...(next < moved.length ? { cursor: `${since} ${next}` } : { token: String(this.#runtime.now() - 60_000) }),
    });
  }

  #send(connected: Connected, sent: Sent, command: ChatCommandOf<'ONE_TO_ONE_CHAT' | 'GROUP_CHAT'>): void {
    const { username } = connected;
    const log = command.type === 'GROUP_CHAT' ? this.#log(command.groupId) : this.#chatOf(username, command.to);
    const where = log.kind === 'chat' ? { chatId: log.id } : { groupId: log.id };
    const key = `${log.id} ${username} ${command.clientMessageId}`;
    let message = this.#sends.get(key);
    if (message === undefined) {
      log.ordinal += 1;
      message = { ...this.#place(log, username), ordinal: log.ordinal, content: command.content, ...where };
      if (command.clientMessageId !== undefined) message.clientMessageId = command.clientMessageId;
      this.#sends.set(key, message);
      const { chatId: _c, groupId: _g, ...row } = message;
      log.rows.push({ kind: 'message', message: row });
      this.#hint(log.members.keys(), (to) => this.#live(log, row, username, to), connected);
    }
    const { messageId, seq, ordinal, createdAt, clientMessageId } = message;
    this.#reply(connected, sent, {
      ...{ type: 'SUCCESS', command: sent.type, messageId, seq, ordinal, createdAt, clientMessageId },
      ...where,
    });
  }

  #live(log: Log, message: HistoryMessage, from: string, to: string): ServerEvent {
    const shown = ownView(message, to);
    if (log.kind === 'group') return { type: 'GROUP_CHAT', groupId: log.id, ...shown };
    return { type: 'ONE_TO_ONE_CHAT', chatId: log.id, to: this.#peer(log, from)[0], ...shown };
  }

  #chatOf(username: string, peer: string): Log {
    const id = [username, peer].sort().join('+');
    const known = this.logs.get(id);
    if (known !== undefined) return known;
    this.begin('chat', id, [username, peer]);
    const createdAt = 0;
    this.#hint([username], () => ({ type: 'CHAT_STARTED', chatId: id, with: peer, createdAt }), null);
    this.#hint([peer], () => ({ type: 'CHAT_STARTED', chatId: id, with: username, createdAt }), null);
    return this.#log(id);
  }

  #place(log: Log, from: string) {
    log.movedAt = this.#runtime.now();
    return { seq: log.rows.length + 1, messageId: `m${++this.#ids}`, from, createdAt: log.movedAt };
  }

  #page(connected: Connected, sent: Sent, command: ChatCommandOf<'GET_ONE_TO_ONE_HISTORY' | 'GET_GROUP_CHAT_HISTORY'>): void {
    const { username } = connected;
    const named = command.type === 'GET_GROUP_CHAT_HISTORY' ? command.groupId : command.chatId;
    const log = named === undefined ? this.#chatOf(username, (command as { to?: string }).to ?? '') : this.#log(named);
    const { before, after, limit } = command;
    const end = log.rows.length;
    const from = after !== undefined ? after + 1 : Math.max(1, (before ?? end + 1) - limit);
    const to = after !== undefined ? Math.min(end, after + limit) : (before ?? end + 1) - 1;
    const rows = log.rows.slice(from - 1, Math.max(from - 1, to));
    this.#reply(connected, sent, {
      ...(log.kind === 'chat'
        ? { type: 'ONE_TO_ONE_CHAT_HISTORY', chatId: log.id, with: this.#peer(log, username)[0] }
        : { type: 'GROUP_CHAT_HISTORY', groupId: log.id }),
      messages: rows.flatMap((row) => (row.kind === 'message' ? [ownView(row.message, username)] : [])),
      events: rows.flatMap((row) => (row.kind === 'other' ? [row.event] : [])),
      coversFrom: from,
      coversTo: to,
      hasMore: after !== undefined ? to < end : from > 1,
    });
  }

  #move(connected: Connected, sent: Sent, command: ChatCommandOf<'ACK' | 'READ'>): void {
    const log = this.#log(command.chatId ?? command.groupId ?? '');
    const member = log.members.get(connected.username);
    if (member === undefined) return this.#refuse(connected, sent, 'not_member');
    const upTo = Math.min(command.upTo, log.rows.length);
    const read = command.type === 'READ' ? Math.max(member.read, upTo) : member.read;
    const delivered = Math.max(member.delivered, upTo);
    const moved = read > member.read || delivered > member.delivered;
    Object.assign(member, { read, delivered });
    if (moved) this.#tellCursors(connected, log, { delivered, read });
    this.#reply(connected, sent, { type: 'SUCCESS', command: sent.type });
  }

  #tellCursors(connected: Connected, log: Log, cursors: { delivered: number; read: number }): void {
    const { username } = connected;
    log.movedAt = this.#runtime.now();
    const where = log.kind === 'chat' ? { chatId: log.id } : { groupId: log.id };
    const { unread } = this.itemOf(username, log.id);
    this.#hint([username], () => ({ type: 'RECEIPT', ...where, receipts: [{ username, ...cursors, unread }] }), connected);
    const others = [...log.members.keys()].filter((other) => other !== username);
    this.#hint(others, () => ({ type: 'RECEIPT', ...where, receipts: [{ username, ...cursors }] }), null);
  }

  #revise(connected: Connected, sent: Sent, command: ChatCommandOf<'EDIT_MESSAGE' | 'DELETE_MESSAGE'>): void {
    const log = this.#log(command.chatId ?? command.groupId ?? '');
    const row = log.rows[command.seq - 1];
    if (row?.kind !== 'message' || row.message.messageId !== command.messageId) return this.#refuse(connected, sent, 'not_found');
    if (row.message.deletedAt !== undefined) return this.#refuse(connected, sent, 'message_deleted');
    const place = this.#place(log, connected.username);
    const where = log.kind === 'chat' ? { chatId: log.id } : { groupId: log.id };
    const target = { seq: command.seq, messageId: command.messageId };
    const event: HistoryEvent =
      command.type === 'EDIT_MESSAGE'
        ? { type: 'MESSAGE_EDITED', ...place, ...where, target, content: command.content }
        : { type: 'MESSAGE_DELETED', ...place, ...where, target };
    row.message =
      event.type === 'MESSAGE_EDITED'
        ? { ...row.message, content: event.content, editedAt: place.createdAt }
        : { ...row.message, content: '', deletedAt: place.createdAt };
    log.rows.push({ kind: 'other', event });
    this.#hint(log.members.keys(), () => event, connected);
    const { messageId, seq, createdAt } = place;
    this.#reply(connected, sent, { type: 'SUCCESS', command: sent.type, ...where, messageId, seq, createdAt });
  }
}

function placeOf(row: Row): { createdAt: number } {
  return row.kind === 'message' ? row.message : row.event;
}

function ownView({ clientMessageId, ...message }: HistoryMessage, username: string): HistoryMessage {
  return message.from === username && clientMessageId !== undefined ? { ...message, clientMessageId } : message;
}
