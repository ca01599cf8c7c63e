import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import { addressKey, clientAddress, type TrustedProxies } from './client-address.js';

const arrival = (remoteAddress: string, forwarded?: string | string[]) => ({
  socket: { remoteAddress },
  headers: { 'x-forwarded-for': forwarded },
});
const proxies = new BlockList();
proxies.addSubnet('10.0.0.0', 8, 'ipv4');
proxies.addAddress('::1', 'ipv6');
const list: TrustedProxies = { kind: 'list', proxies };

describe('clientAddress', () => {
  test('believes nobody unless told', () => {
    expect(clientAddress(arrival('192.0.2.1', '1.2.3.4'), { kind: 'none' })).toBe('192.0.2.1');
  });

  test('goes back as many hops as there are proxies, and no further', () => {
    const forged = arrival('10.0.0.1', 'forged, 198.51.100.7, 10.0.0.2');
    expect(clientAddress(forged, { kind: 'hops', hops: 1 })).toBe('10.0.0.2');
    expect(clientAddress(forged, { kind: 'hops', hops: 2 })).toBe('198.51.100.7');
  });

  test('goes back to the first that is not on the list', () => {
    expect(clientAddress(arrival('10.0.0.1', 'forged, 198.51.100.7, 10.0.0.2'), list)).toBe('198.51.100.7');
    expect(clientAddress(arrival('192.0.2.1', '1.2.3.4'), list)).toBe('192.0.2.1');
    expect(clientAddress(arrival('::1', ['198.51.100.7', '10.9.9.9']), list)).toBe('198.51.100.7');
  });

  test('without the header, or with proxies only, it is the furthest known', () => {
    expect(clientAddress(arrival('10.0.0.1'), list)).toBe('10.0.0.1');
    expect(clientAddress(arrival('10.0.0.1', ' , '), list)).toBe('10.0.0.1');
    expect(clientAddress(arrival('10.0.0.1', '10.0.0.2'), list)).toBe('10.0.0.2');
  });
});

describe('addressKey', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['not an address', 'not an address'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
