import { CLOSE_CODES, type EventOf, type Status } from '@parley/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { Account } from '../world/accounts.js';
import { call } from '../world/http.js';
import { RawClient } from '../world/raw-client.js';
import { startServer, type RunningServer } from '../world/server.js';
import { groupOf, groupHistory, history, refused, say, sayIn } from '../world/talk.js';
import { until } from '../world/until.js';

/* What is taken away on one server is gone on the other: Ann does it on the first, it happens to Bob on the second. */

/** So long nothing may come; what may be dropped takes milliseconds. */
const QUIET_MS = 1_000;

async function twoServers() {
  const server = await startServer({ PRESENCE_GRACE_S: '1' });
  onTestFinished(() => server.remove());
  const [ann, bob] = [await Account.register(server, 'ann'), await Account.register(server, 'bob')];
  return { server, ann, bob };
}

async function connect({ nodes }: RunningServer, node: 0 | 1, account: Account, door: 'chat' | 'presence' = 'chat') {
  const client = await RawClient.connect(nodes[node]?.[door] ?? '', account.token);
  onTestFinished(() => client.socket.terminate());
  return client;
}

/** On the first server. */
const ask = <T>({ nodes }: RunningServer, account: Account, method: string, path: string, body?: unknown) =>
  call<T>(nodes[0]?.http ?? '', method, path, { token: account.token, ...(body !== undefined && { body }) });

const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

test('D7 a session that is revoked on one server loses its sockets on the other within a second, and no other session does', async () => {
  const { server, ann, bob } = await twoServers();
  const lost = await bob.signInAgain();
  const sockets = [await connect(server, 1, lost), await connect(server, 1, lost, 'presence')];
  const kept = await connect(server, 1, bob);
  await Promise.all([...sockets, kept].map((socket) => socket.settle()));
  const askedAt = Date.now();
  expect((await ask(server, bob, 'DELETE', `/me/sessions/${lost.sessionId}`)).status).toBe(204);
  for (const socket of sockets) expect((await socket.ended()).code).toBe(CLOSE_CODES.session_ended.code);
  expect(Date.now() - askedAt).toBeLessThan(1_000);
  expect((await RawClient.refused(server.nodes[1]?.chat ?? '', lost.token)).status).toBe(401);
  await say(await connect(server, 0, ann), bob, 'still there?');
  await kept.next('ONE_TO_ONE_CHAT');
});

test('D7 blocked on one server: nothing passes on the other any more, in either direction', async () => {
  const { server, ann, bob } = await twoServers();
  const [anns, bobs] = [await connect(server, 0, ann), await connect(server, 1, bob)];
  const [annSees, bobSees] = [await connect(server, 0, ann, 'presence'), await connect(server, 1, bob, 'presence')];
  const { chatId = '' } = await say(anns, bob, 'one');
  await bobs.next('ONE_TO_ONE_CHAT');
  const { seq = 0 } = await say(bobs, ann, 'two');
  const both = (status: Status) => [stands(annSees, bob), stands(bobSees, ann)].every((its) => its === status);
  await until('they see each other', () => both('online'));
  // Both servers know who may write here.
  await say(anns, bob, 'three');

  expect((await ask(server, ann, 'PUT', `/me/blocks/${bob.username}`)).status).toBe(204);
  await until('they do not any more', () => both('offline'));
  const before = [anns, bobs, annSees, bobSees].map(({ frames }) => frames.length);
  await refused(bobs, 'blocked', { type: 'ONE_TO_ONE_CHAT', to: ann.username, content: 'why?' });
  await refused(anns, 'blocked', { type: 'ONE_TO_ONE_CHAT', to: bob.username, content: 'because' });
  bobs.send({ type: 'TYPING', chatId });
  anns.send({ type: 'TYPING', chatId });
  bobs.send({ type: 'ACK', chatId, upTo: seq + 1 });
  bobs.send({ type: 'READ', chatId, upTo: seq + 1 });
  annSees.send({ type: 'PRESENCE_SET', status: 'away' });
  bobSees.send({ type: 'PRESENCE_SET', status: 'away' });
  await quiet();
  const news = [anns, bobs, annSees, bobSees].map(({ frames }, n) =>
    frames.slice(before[n]).filter((frame) => isNews(frame, [ann, bob])),
  );
  expect(news).toEqual([[], [], [], []]);
});

const stands = (client: RawClient, person: Account) =>
  client.of('PRESENCE_UPDATE').findLast(({ username }) => username === person.username)?.status;

/** Of somebody else, and no answer. */
function isNews(frame: RawClient['frames'][number], people: Account[]): boolean {
  if (frame.type === 'PRESENCE_UPDATE') return people.some(({ username }) => username === frame.username);
  return ['ONE_TO_ONE_CHAT', 'TYPING', 'RECEIPT', 'GROUP_CHAT', 'GROUP_EVENT', 'MESSAGE_EDITED', 'MESSAGE_DELETED'].includes(
    frame.type,
  );
}

test('D7 taken out of a group on one server: its news ends on the other with that, and so does every right', async () => {
  const { server, ann, bob } = await twoServers();
  const cleo = await Account.register(server, 'cleo');
  const groupId = await groupOf(ann, [bob, cleo]);
  const [anns, bobs, cleos] = [await connect(server, 0, ann), await connect(server, 1, bob), await connect(server, 1, cleo)];
  await sayIn(anns, groupId, 'all are here');
  await bobs.next('GROUP_CHAT');
  await sayIn(bobs, groupId, 'I too');

  expect((await ask(server, ann, 'DELETE', `/groups/${groupId}/members/${bob.username}`)).status).toBe(204);
  const removal = ({ event, username }: EventOf<'GROUP_EVENT'>) => event === 'removed' && username === bob.username;
  await bobs.next('GROUP_EVENT', removal);
  const after = bobs.frames.length;
  // The first thing that Cleo does once her server knows: no message has told it the new members yet.
  await cleos.next('GROUP_EVENT', removal);
  cleos.send({ type: 'TYPING', groupId });
  await anns.next('TYPING');
  const { seq = 0, messageId = '' } = await sayIn(anns, groupId, 'without him');
  await cleos.next('GROUP_CHAT', ({ content }) => content === 'without him');
  await sayIn(cleos, groupId, 'from his own server');
  await anns.askFor('SUCCESS', { type: 'EDIT_MESSAGE', groupId, seq, messageId, content: 'without Bob' });
  cleos.send({ type: 'READ', groupId, upTo: seq });
  await anns.next('RECEIPT');
  await quiet();
  expect(bobs.frames.slice(after).filter((frame) => isNews(frame, []))).toEqual([]);
  await refused(bobs, 'not_member', { type: 'GROUP_CHAT', groupId, content: 'let me in' });
  await refused(bobs, 'not_member', { type: 'GET_GROUP_CHAT_HISTORY', groupId });
  expect((await groupHistory(cleos, groupId)).messages.map(({ content }) => content)).not.toContain('let me in');
  await until('he can be written to all the same', async () => (await say(anns, bob, 'sorry')).seq === 1);
  expect((await history(bobs, ann)).messages).toHaveLength(1);
});
