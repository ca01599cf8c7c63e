import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

// The limit: what bare `ws` does with the same messages if it keeps nothing, checks nothing and answers nothing.
// The token is the user's name. Prints its port.
const byName = new Map<string, WebSocket>();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, clientTracking: false });

server.on('connection', (socket, request) => {
  const name = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  byName.set(name, socket);
  socket.on('close', () => byName.delete(name));
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const { to } = JSON.parse(text) as { to: string };
    byName.get(to)?.send(text);
  });
});
server.on('listening', () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
process.on('SIGTERM', () => process.exit());
