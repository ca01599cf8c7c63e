import { chatCommands, presenceCommands, type EventOf } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { venue, type Account } from '../world/accounts.js';
import { call, PASSWORD } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { groupOf, say, sayIn } from '../world/talk.js';

type Example = Record<string, unknown> & { type: string };
const examplesOf = (schemas: typeof chatCommands | typeof presenceCommands): Example[] =>
  schemas.flatMap((schema) => (schema.meta()?.['examples'] ?? []) as Example[]);

/** Ids that the documents use for a group, a chat and a message. */
const GROUP = '0190f5a0-7b1c-7000-8000-000000000001';
const CHAT = '0190f5a0-7b1c-7000-8000-000000000002';
const MESSAGE = '0190f5a0-7b1c-7000-8000-000000000003';

const here = venue();

describe('every documented command', () => {
  const chat = examplesOf(chatCommands);
  const presence = examplesOf(presenceCommands);

  test('has an example', () => {
    const types = (examples: Example[]) => new Set(examples.map(({ type }) => type));
    expect(types(chat)).toEqual(new Set(chatCommands.map((schema) => schema.shape.type.value)));
    expect(types(presence)).toEqual(new Set(presenceCommands.map((schema) => schema.shape.type.value)));
  });

  describe('as it stands in the documents', () => {
    let ann: RawClient;
    let watching: RawClient;
    beforeEach(async () => {
      const people = ['ann', 'bob', 'carol'].map(signUp);
      const [token = ''] = await Promise.all(people);
      ann = await RawClient.connect(here.server.addresses.chat, token);
      watching = await RawClient.connect(here.server.addresses.presence, token);
    });
    afterEach(() => {
      for (const client of [ann, watching]) client.socket.terminate();
    });

    test.each(chat.filter(({ type }) => type !== 'DISCONNECT'))('chat: $type is understood', async (example) => {
      await expectUnderstood(ann, example);
    });

    test.each(presence.filter(({ type }) => type !== 'DISCONNECT'))('presence: $type is understood', async (example) => {
      await expectUnderstood(watching, example);
    });

    test('DISCONNECT ends either with 1000', async () => {
      for (const client of [ann, watching]) {
        client.send({ type: 'DISCONNECT' });
        expect(await client.ended()).toMatchObject({ code: 1000 });
      }
    });
  });

  test('with ids that are real is carried out', async () => {
    const [ann, bob] = await here.people('ann', 'bob');
    const [a, w] = [await ann.chat(), await ann.presence()];
    const groupId = await groupOf(ann, [bob]);
    await sayIn(a, groupId, 'one');
    const sent = await say(a, bob, 'one');
    for (const example of chat.filter(({ type }) => type !== 'DISCONNECT' && type !== 'TYPING')) {
      // Joining and leaving last, after what needs a member; the deletion after the edit, as they stand.
      const answer = await a.ask(withReal(example, { ann, bob, groupId, sent }));
      expect([example.type, answer]).toMatchObject([example.type, { type: replyTo(example.type) }]);
    }
    a.send({ type: 'TYPING', chatId: sent.chatId });
    await a.settle();
    expect(a.of('ERROR')).toEqual([]);
    for (const example of presence.filter(({ type }) => type !== 'DISCONNECT')) {
      const real = example.type === 'PRESENCE_WATCH' ? { ...example, usernames: [bob.username] } : example;
      expect(await w.ask(real)).toMatchObject({ type: replyTo(example.type) });
    }
  });
});

async function signUp(username: string): Promise<string> {
  const credentials = { body: { username, password: PASSWORD } };
  await call(here.server.addresses.http, 'POST', '/auth/register', credentials);
  return (await call<{ token: string }>(here.server.addresses.http, 'POST', '/auth/login', credentials)).body.token;
}

/** It is taken, or refused for a reason that lies in the world and not in the words. */
async function expectUnderstood(client: RawClient, example: Example): Promise<void> {
  client.send(example);
  await client.settle();
  for (const { code } of client.of('ERROR')) {
    expect(['not_member', 'not_found', 'not_allowed', 'chat_mismatch']).toContain(code);
  }
}

function withReal(
  example: Example,
  { ann, bob, groupId, sent }: { ann: Account; bob: Account; groupId: string; sent: EventOf<'SUCCESS'> },
): Example {
  const people: Record<string, string> = { ann: ann.username, bob: bob.username };
  const text = JSON.stringify(example, (key, value: unknown) => {
    if (key === 'seq' || key === 'upTo') return sent.seq;
    if (typeof value !== 'string' || key === 'type') return value;
    const ids: Record<string, string | undefined> = { [GROUP]: groupId, [CHAT]: sent.chatId, [MESSAGE]: sent.messageId };
    return ids[value] ?? people[value] ?? value;
  });
  return JSON.parse(text) as Example;
}

function replyTo(type: string): string {
  switch (type) {
    case 'INIT_DATA':
      return 'INIT_DATA';
    case 'GET_ONE_TO_ONE_HISTORY':
      return 'ONE_TO_ONE_CHAT_HISTORY';
    case 'GET_GROUP_CHAT_HISTORY':
      return 'GROUP_CHAT_HISTORY';
    case 'GET_PEOPLE':
      return 'PEOPLE';
    case 'PING':
      return 'PONG';
    default:
      return 'SUCCESS';
  }
}
