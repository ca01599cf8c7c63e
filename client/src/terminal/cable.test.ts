import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Cable } from './cable.js';

test('a talk may end while a connection is still being opened', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const cable = new Cable();
  const socket = cable.open(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}`, ['parley', 'token']);
  await once(silent, 'connection');
  socket.close(1000, 'user');
  await expect(cable.end()).resolves.toBeUndefined();
});
