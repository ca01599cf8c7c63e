import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { createClient } from './node.js';

/** A WebSocket server that speaks the protocol by hand. */
async function peer(talk: (socket: WebSocket, command: Record<string, unknown>) => void, token = 'good') {
  const http = createServer();
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (protocols) => (protocols.has('parley') ? 'parley' : false),
  });
  http.on('upgrade', (request, socket, head) => {
    if (request.headers['sec-websocket-protocol'] !== `parley,${token}`) {
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (frame) => talk(webSocket, JSON.parse(String(frame)) as Record<string, unknown>));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
  });
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, sockets };
}

const inbox = { type: 'INIT_DATA', username: 'ann', chats: [], groups: [], left: [], token: 't' };
const say = (socket: WebSocket, event: object) => socket.send(JSON.stringify(event));

describe('a client in Node', () => {
  test('connects with ws, sends, and closes', async () => {
    const { url } = await peer((socket, { type, requestId, clientMessageId }) => {
      if (type === 'INIT_DATA') say(socket, { ...inbox, requestId });
      if (type !== 'ONE_TO_ONE_CHAT') return;
      say(socket, { type: 'CHAT_STARTED', chatId: 'c', with: 'Bob', createdAt: 1 });
      say(socket, {
        type: 'SUCCESS',
        command: type,
        requestId,
        clientMessageId,
        chatId: 'c',
        messageId: 'm',
        seq: 1,
        ordinal: 1,
        createdAt: 2,
      });
    });
    const client = createClient({ token: 'good', chatUrl: url });
    await client.connect();
    const message = await client.sendTo('bob', 'Grüße 👋').sent;
    expect(message).toMatchObject({ id: 'm', seq: 1, from: 'ann', content: 'Grüße 👋' });
    expect(client.chatWith('bob')?.title).toBe('Bob');
    await client.close();
    expect(client.connection).toEqual({ name: 'closed', cause: 'user' });
  });

  test('knows that its token was refused', async () => {
    const { url } = await peer(() => undefined);
    const client = createClient({ token: 'expired', chatUrl: url });
    await expect(client.connect()).rejects.toMatchObject({ code: 'not_authenticated' });
    expect(client.connection).toEqual({ name: 'closed', cause: 'token_expired' });
  });

  test('finds its way back after the server went away', async () => {
    let connections = 0;
    const { url, sockets } = await peer((socket, { type, requestId }) => {
      if (type === 'INIT_DATA') say(socket, { ...inbox, requestId });
    });
    const client = createClient({ token: 'good', chatUrl: url, times: { backoff: { baseMs: 1, maxMs: 2 } } });
    onTestFinished(() => client.close());
    const twice = new Promise<void>((resolve) =>
      client.on('state', ({ name }) => name === 'live' && ++connections === 2 && resolve()),
    );
    await client.connect();
    for (const socket of sockets.clients) socket.terminate();
    await twice;
    expect(client.state).toBe('live');
  });
});
