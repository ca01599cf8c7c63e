import type { ChatCommandInput, ErrorCode, EventOf, http, PresenceCommandInput } from '@parley/protocol';
import { expect } from 'vitest';
import type { Account } from './accounts.js';
import type { RawClient } from './raw-client.js';
import { until } from './until.js';

/* What raw clients say to each other, one line each. */

type Fields = Record<string, unknown>;

/** Sends a direct message, and gives its SUCCESS. */
export function say(client: RawClient, to: Account, content: string, fields: Fields = {}): Promise<EventOf<'SUCCESS'>> {
  return client.askFor('SUCCESS', { type: 'ONE_TO_ONE_CHAT', to: to.username, content, ...fields });
}

export function sayIn(client: RawClient, groupId: string, content: string, fields: Fields = {}): Promise<EventOf<'SUCCESS'>> {
  return client.askFor('SUCCESS', { type: 'GROUP_CHAT', groupId, content, ...fields });
}

/** Sends several messages at once, and gives their SUCCESSes in the order of sending. */
export async function sayAll(client: RawClient, to: Account, contents: readonly string[]): Promise<EventOf<'SUCCESS'>[]> {
  return Promise.all(contents.map((content) => say(client, to, content)));
}

export function history(client: RawClient, peer: Account, page: Fields = {}): Promise<EventOf<'ONE_TO_ONE_CHAT_HISTORY'>> {
  return client.askFor('ONE_TO_ONE_CHAT_HISTORY', { type: 'GET_ONE_TO_ONE_HISTORY', to: peer.username, ...page });
}

export function groupHistory(client: RawClient, groupId: string, page: Fields = {}): Promise<EventOf<'GROUP_CHAT_HISTORY'>> {
  return client.askFor('GROUP_CHAT_HISTORY', { type: 'GET_GROUP_CHAT_HISTORY', groupId, ...page });
}

export function inbox(client: RawClient, fields: Fields = {}): Promise<EventOf<'INIT_DATA'>> {
  return client.askFor('INIT_DATA', { type: 'INIT_DATA', ...fields });
}

/** Creates a group of these, and gives its id. */
export async function groupOf(owner: Account, members: Account[], settings: Fields = {}): Promise<string> {
  const body = { name: 'Climbing', members: members.map(({ username }) => username), ...settings };
  const answer = await owner.call<http.GroupHistory>('POST', '/groups', body);
  expect(answer.status).toBe(201);
  return answer.body.groupId;
}

/** Sends what must be refused so, and gives the ERROR. */
export async function refused(
  client: RawClient,
  code: ErrorCode,
  command: ChatCommandInput | PresenceCommandInput | Fields,
): Promise<EventOf<'ERROR'>> {
  const error = await client.askFor('ERROR', command);
  expect(error).toMatchObject({ code, command: command['type'] });
  return error;
}

/** Sends it again until it is not refused for now. */
export async function insist(client: RawClient, command: ChatCommandInput | Fields): Promise<EventOf<'SUCCESS'>> {
  return until(`${String(command['type'])} is accepted`, async () => {
    const answer = await client.ask(command);
    if (answer.type === 'SUCCESS') return answer;
    expect(answer).toMatchObject({ type: 'ERROR', retryable: true });
    return null;
  });
}

/** How many there are in the chat with somebody, as a new device of `reader` is told. */
export async function unread(reader: Account, from: Account): Promise<number | undefined> {
  const device = await reader.chat();
  return (await inbox(device)).chats.find((chat) => chat.with === from.username)?.unread;
}

export const contents = (messages: readonly { content: string }[]): string[] => messages.map(({ content }) => content);
export const seqs = (entries: readonly { seq: number }[]): number[] => entries.map(({ seq }) => seq);
/** 1, 2, 3 … n. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
