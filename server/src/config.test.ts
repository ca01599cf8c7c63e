import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadConfig, readConfig, type Environment } from './config.js';
import { SETTINGS } from './settings.js';

const read = (env: Environment) => readConfig(env, { terminal: false });

function problems(env: Environment): readonly string[] {
  try {
    read(env);
  } catch (error) {
    if (error instanceof BadConfig) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('nothing set: a development server on the loopback interface', () => {
    const config = read({});
    expect(config).toMatchObject({
      profile: 'embedded',
      roles: ['api', 'chat', 'presence', 'worker'],
      production: false,
      dataDir: resolve('data'),
      listen: { host: '127.0.0.1', httpPort: 3000, chatPort: 4000, presencePort: 5000, tls: null },
      doors: {
        corsOrigins: ['http://localhost:3000', 'http://127.0.0.1:3000'],
        trustedProxies: { kind: 'none' },
        metricsToken: null,
      },
      auth: { jwtSecret: null, tokenTtlMs: 168 * 3_600_000, hashesAtOnce: 2 },
      log: { level: 'info', pretty: false },
      sockets: { heartbeatMs: 30_000, heartbeatTimeoutMs: 10_000 },
      presence: { graceMs: 5_000 },
      groups: { maxMembers: 10_000 },
      drainTimeoutMs: 10_000,
      limits: { messages: { perS: 30, burst: 100 }, connectionsPerAddress: 1_000, connectionsPerUser: 20 },
    });
  });

  test('an empty setting counts as unset', () => {
    expect(read({ HTTP_PORT: '', CORS_ORIGIN: ' ', JWT_SECRET: '' })).toEqual(read({}));
  });

  test('every bad setting is reported at once, with its name, what was expected and what came', () => {
    expect(problems({ HTTP_PORT: '99999', LOG_LEVEL: 'loud', HEARTBEAT_S: '-1', ROLES: 'api', TLS_CERT: '/nope' })).toEqual([
      'HTTP_PORT: expected a whole number from 0 to 65535; got "99999"',
      'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent; got "loud"',
      'HEARTBEAT_S: expected a whole number from 1 to 3600; got "-1"',
      'ROLES: the embedded profile is one process and needs all of api,chat,presence,worker; missing chat,presence,worker',
      'TLS_KEY: expected beside TLS_CERT; set both or none',
    ]);
  });

  test('the value of a secret is never shown', () => {
    const error = new BadConfig(problems({ JWT_SECRET: 'swordfish', METRICS_TOKEN: 'sesame' }));
    expect(error.problems).toHaveLength(2);
    expect(error.message).toContain('JWT_SECRET: expected at least 32 characters; got 9 characters');
    expect(error.message).not.toMatch(/swordfish|sesame/);
  });

  test('production needs a secret, listens everywhere, and trusts no web page', () => {
    expect(problems({ NODE_ENV: 'production' })).toEqual([expect.stringContaining('JWT_SECRET: required in production')]);
    const config = read({ NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) });
    expect(config.listen.host).toBe('0.0.0.0');
    expect(config.doors.corsOrigins).toEqual([]);
  });

  test('the cluster profile needs its services, each named', () => {
    expect(problems({ PROFILE: 'cluster' })).toEqual([
      'POSTGRES_URL: required by the cluster profile',
      'CASSANDRA_CONTACT_POINTS: required by the cluster profile',
      'REDIS_URL or REDIS_CLUSTER or REDIS_SENTINELS: required by the cluster profile',
    ]);
    const services = { POSTGRES_URL: 'postgres://db/parley', CASSANDRA_CONTACT_POINTS: 'a, b:9043', REDIS_CLUSTER: 'c:6379,d' };
    expect(problems({ PROFILE: 'cluster', ...services, REDIS_URL: 'redis://c' })).toEqual([
      'REDIS_URL, REDIS_CLUSTER: expected one of them',
    ]);
    expect(problems({ PROFILE: 'cluster', ...services, POSTGRES_URL: 'db:5432', CASSANDRA_USER: 'ann' })).toEqual([
      'POSTGRES_URL: expected an address such as postgres://parley:password@db:5432/parley; got 7 characters',
      'CASSANDRA_USER, CASSANDRA_PASSWORD: expected both or none',
    ]);
    expect(read({ PROFILE: 'cluster', ...services, ROLES: 'chat' })).toMatchObject({
      profile: 'cluster',
      roles: ['chat'],
      cluster: { cassandra: { contactPoints: ['a', 'b:9043'] }, redis: { at: { kind: 'cluster', nodes: ['c:6379', 'd'] } } },
    });
  });

  test('two parts cannot have one port, but each may ask for any', () => {
    expect(problems({ CHAT_PORT: '3000' })).toEqual(['HTTP_PORT, CHAT_PORT, PRESENCE_PORT: expected different ports']);
    expect(read({ HTTP_PORT: '0', CHAT_PORT: '0', PRESENCE_PORT: '0' }).listen).toMatchObject({ httpPort: 0, chatPort: 0 });
  });

  test('a limit that there is not is no limit: it is refused', () => {
    expect(problems({ LIMIT_MESAGES_PER_S: '5' })).toEqual(['LIMIT_MESAGES_PER_S: there is no such setting']);
  });

  test('limits by minute and hour become rates, and 0 turns one off', () => {
    const { limits } = read({ LIMIT_LOGINS_PER_MIN: '6', LIMIT_REGISTRATIONS_PER_HOUR: '36', LIMIT_JOINS_PER_MIN: '0' });
    expect(limits.logins).toEqual({ perS: 0.1, burst: 6 });
    expect(limits.registrations).toEqual({ perS: 0.01, burst: 36 });
    expect(limits.joins.perS).toBe(0);
  });

  test('CORS_ORIGIN takes origins, not URLs', () => {
    expect(read({ CORS_ORIGIN: 'https://a.example, http://b.example:8080' }).doors.corsOrigins).toHaveLength(2);
    expect(read({ CORS_ORIGIN: '*' }).doors.corsOrigins).toBe('*');
    for (const bad of ['https://a.example/', 'a.example', 'null', 'https://a.example/path'])
      expect(problems({ CORS_ORIGIN: bad })).toHaveLength(1);
  });

  test('TRUST_PROXY takes a number of hops, or addresses and networks', () => {
    expect(read({ TRUST_PROXY: '2' }).doors.trustedProxies).toEqual({ kind: 'hops', hops: 2 });
    expect(read({ TRUST_PROXY: '10.0.0.0/8, ::1' }).doors.trustedProxies.kind).toBe('list');
    for (const bad of ['yes', '10.0.0.0/33', '10.0.0/8', '10.0.0.1/', '::1/129'])
      expect(problems({ TRUST_PROXY: bad })).toHaveLength(1);
  });

  test('CASSANDRA_KEYSPACE is a name that Cassandra takes without quotes', () => {
    expect(problems({ CASSANDRA_KEYSPACE: 'chat_2' })).toEqual([]);
    for (const bad of ['Chat', '2chat', '_chat', 'a'.repeat(49)]) expect(problems({ CASSANDRA_KEYSPACE: bad })).toHaveLength(1);
  });

  test('TLS files have to be there, readable, and PEM', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const cert = file('cert.pem', '-----BEGIN CERTIFICATE-----\n');
    const key = file('key.pem', '-----BEGIN PRIVATE KEY-----\n');
    expect(read({ TLS_CERT: cert, TLS_KEY: key }).listen.tls?.cert.toString()).toContain('CERTIFICATE');
    expect(read({ TLS_CERT: cert, TLS_KEY: key }).doors.corsOrigins).toContain('https://localhost:3000');
    expect(problems({ TLS_CERT: cert, TLS_KEY: file('empty', '') })).toEqual([
      expect.stringContaining('TLS_KEY: expected a PEM file'),
    ]);
    expect(problems({ TLS_CERT: cert, TLS_KEY: join(folder, 'none') })).toEqual([expect.stringContaining('ENOENT')]);
    chmodSync(folder, 0o700);
  });

  test('whatever stands in the environment, the answer is a Config or a BadConfig', () => {
    const names = Object.keys(SETTINGS).filter((name) => !name.startsWith('TLS_'));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.integer().map(String))), (env) => {
        expect(Array.isArray(problems(env))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const documented = new Map([...text.matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

  test('documents every setting, with its default, and nothing else', () => {
    const settings = new Map(Object.entries(SETTINGS).map(([name, { byDefault }]) => [name, byDefault]));
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(settings));
  });

  test('holds as it stands, with everything uncommented', () => {
    expect(read(Object.fromEntries(documented))).toEqual(read({}));
  });
});
