// One port in front of the processes of a cluster on this machine, as nginx is in production: by the path of a
// connection's first request it goes to the HTTP processes, the chat processes or the presence processes.
import { connect, createServer } from 'node:net';

/** `ports`: of the three, on the loopback interface. Resolves when it listens. */
export function openOnePort(port, ports) {
  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    near.once('data', (first) => {
      near.pause();
      const far = connect(portFor(first.toString('latin1'), ports), '127.0.0.1');
      far.on('error', () => near.destroy());
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      far.write(first);
      near.pipe(far).pipe(near);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function portFor(request, { http, chat, presence }) {
  if (/^GET \/ws\/chat[?\s]/.test(request)) return chat;
  return /^GET \/ws\/presence[?\s]/.test(request) ? presence : http;
}
