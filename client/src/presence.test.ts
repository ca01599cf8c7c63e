import { describe, expect, test } from 'vitest';
import { ParleyClient } from './client.js';
import { scriptedSockets } from './testing/scripted-socket.js';
import { settled, SimulatedRuntime } from './testing/simulated-runtime.js';

async function looking() {
  const runtime = new SimulatedRuntime();
  const { factory, sockets } = scriptedSockets();
  const client = new ParleyClient({
    token: 't',
    chatUrl: 'ws://chat',
    presenceUrl: 'ws://presence',
    webSocket: factory,
    runtime,
  });
  client.connect().catch(() => undefined);
  await settled();
  const last = () => {
    const socket = sockets.findLast(({ url }) => url === 'ws://presence');
    if (socket === undefined) throw new Error('presence is not connected');
    return socket;
  };
  const told = (username: string, status: 'online' | 'away' | 'offline', lastSeen: number | null = 5) =>
    last().say({ type: 'PRESENCE_UPDATE', username, status, lastSeen });
  const ready = () => last().say({ type: 'INFO', code: 'presence_ready', message: '' });
  const lose = async () => {
    last().end();
    await runtime.advance(1_000);
    last().open();
  };
  last().open();
  return { client, presence: client.presence, runtime, last, told, ready, lose };
}

describe('P1 presence', () => {
  test('is what was told last, by username without case', async () => {
    const { client, presence, told } = await looking();
    const heard: string[] = [];
    client.on('presence', ({ username, status }) => heard.push(`${username} ${status}`));
    told('Bob', 'online');
    told('Bob', 'away');
    expect(presence.of('bob')).toEqual({ status: 'away', lastSeen: 5, isStale: false });
    expect(heard).toEqual(['Bob online', 'Bob away']);
    expect(client.snapshot().presence.get('bob')?.status).toBe('away');
  });

  test('of somebody of whom nothing was told is offline', async () => {
    const { presence } = await looking();
    expect(presence.of('nobody')).toEqual({ status: 'offline', lastSeen: null, isStale: false });
  });

  test('stays over a lost connection, marked stale', async () => {
    const { presence, told, last } = await looking();
    told('bob', 'online');
    last().end();
    expect(presence.of('bob')).toEqual({ status: 'online', lastSeen: 5, isStale: true });
    expect(presence.of('nobody').isStale).toBe(true);
  });

  test('no news of a friend on the next connection means offline', async () => {
    const { presence, told, ready, lose } = await looking();
    told('bob', 'online');
    told('carol', 'online');
    await lose();
    told('carol', 'away', 9);
    ready();
    expect(presence.of('bob')).toEqual({ status: 'offline', lastSeen: 5, isStale: false });
    expect(presence.of('carol')).toEqual({ status: 'away', lastSeen: 9, isStale: false });
  });

  test('what one looks at and how one is are said again on the next connection', async () => {
    const { presence, last, lose } = await looking();
    presence.watch(['carol']);
    presence.set('away');
    expect(last().sent.map(({ type }) => type)).toEqual(['PRESENCE_WATCH', 'PRESENCE_SET']);
    await lose();
    expect(last().sent).toMatchObject([
      { type: 'PRESENCE_SET', status: 'away' },
      { type: 'PRESENCE_WATCH', usernames: ['carol'] },
    ]);
  });

  test('a refusal is an error of the client', async () => {
    const { client, presence, last } = await looking();
    const errors: string[] = [];
    client.on('error', ({ code }) => errors.push(code));
    presence.watch(['stranger']);
    const [asked] = last().commands('PRESENCE_WATCH');
    last().say({ type: 'ERROR', requestId: asked?.requestId ?? '', code: 'not_allowed', message: 'no', retryable: false });
    await settled();
    expect(errors).toEqual(['not_allowed']);
  });
});
