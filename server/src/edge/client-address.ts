import type { IncomingHttpHeaders } from 'node:http';
import type { BlockList } from 'node:net';
import { isIPv6, SocketAddress } from 'node:net';

/** Whose word about a client's address is believed: nobody's, that of so many proxies in a row, or that of these. */
export type TrustedProxies = { kind: 'none' } | { kind: 'hops'; hops: number } | { kind: 'list'; proxies: BlockList };

/** Whether the address, `hop` steps away from this server (0: the peer of the socket), is a proxy to believe. */
export function isTrusted(trusted: TrustedProxies, address: string, hop: number): boolean {
  switch (trusted.kind) {
    case 'none':
      return false;
    case 'hops':
      return hop < trusted.hops;
    case 'list':
      return trusted.proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

/** The bit of a request that tells where it comes from. */
export interface Arrival {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/** The client's address: the first on the way back through `X-Forwarded-For` that is not a trusted proxy. */
export function clientAddress(arrival: Arrival, trusted: TrustedProxies): string {
  const peer = arrival.socket.remoteAddress ?? '';
  if (trusted.kind === 'none') return peer;
  const forwarded = [arrival.headers['x-forwarded-for'] ?? []].flat().join(',');
  const way = [
    peer,
    ...forwarded
      .split(',')
      .map((item) => item.trim())
      .reverse(),
  ].filter((item) => item !== '');
  return way.find((address, hop) => hop === way.length - 1 || !isTrusted(trusted, address, hop)) ?? peer;
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 address, of which one customer has all. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? network64(address);
}

function network64(address: string): string {
  const [head = '', tail] = new SocketAddress({ address: address.split('%')[0] ?? '', family: 'ipv6' }).address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return `${[...before, ...gap, ...after].slice(0, 4).join(':')}::/64`;
}
