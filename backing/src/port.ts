import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections: no connection takes one before its service does. */
const LOWEST_PORT = 18_000;
const HIGHEST_PORT = 31_999;
const TRIES = 200;

const given = new Set<number>();

/** A port that is free on each of the addresses, and that this process did not give away before. */
export async function freePort(hosts: readonly string[] = ['127.0.0.1']): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT + 1));
    if (given.has(port) || !(await isFree(port, hosts))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`found no free port from ${LOWEST_PORT} to ${HIGHEST_PORT} on ${hosts.join(', ')}`);
}

/** The port that would be nice to have, or another one. */
export async function freePortLike(wanted: number, hosts?: readonly string[]): Promise<number> {
  if (given.has(wanted) || !(await isFree(wanted, hosts))) return freePort(hosts);
  given.add(wanted);
  return wanted;
}

export async function isFree(port: number, hosts: readonly string[] = ['127.0.0.1']): Promise<boolean> {
  for (const host of hosts) if (!(await canListen(port, host))) return false;
  return true;
}

/** Fails in plain words when somebody else has the port. */
export async function mustBeFree(who: string, port: number, host = '127.0.0.1'): Promise<void> {
  if (await isFree(port, [host])) return;
  throw new Error(`${who} cannot listen on ${host}:${port}: port ${port} is in use by another program`);
}

function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
