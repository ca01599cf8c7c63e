import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import type { TrustedProxies } from './edge/client-address.js';

/** What one process does. */
export const ROLES = ['api', 'chat', 'presence', 'worker'] as const;
export type ServerRole = (typeof ROLES)[number];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How one setting is read: what is said when it is wrong, and whether its value may be shown then. */
export interface Setting<T> {
  expects: string;
  /** What an unset or empty setting counts as. */
  byDefault: string;
  schema: z.ZodType<T, string>;
  secret: boolean;
}
const setting = <T>(byDefault: string, expects: string, schema: z.ZodType<T, string>, secret = false): Setting<T> => ({
  expects,
  byDefault,
  schema,
  secret,
});

const text = z.string();
const optional = text.transform((value) => (value === '' ? null : value));
const commaList = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const whole = (byDefault: number, min: number, max: number) =>
  setting(
    String(byDefault),
    `a whole number from ${min} to ${max}`,
    text
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)),
  );
const port = (byDefault: number) => whole(byDefault, 0, 65_535);
const limit = (byDefault: number) => whole(byDefault, 0, 1_000_000);
/** A burst of 0 would refuse everything; 0 in the rate beside it is what turns a limit off. */
const burst = (byDefault: number) => whole(byDefault, 1, 1_000_000);
const oneOf = <const T extends string>(values: readonly T[], byDefault: T) =>
  setting<T>(byDefault, `one of ${values.join(', ')}`, z.enum(values) as unknown as z.ZodType<T, string>);
const yesOrNo = { true: true, '1': true, yes: true, false: false, '0': false, no: false } as const;
const flag = z
  .string()
  .toLowerCase()
  .transform((value, context) => {
    if (value === '') return null;
    if (Object.hasOwn(yesOrNo, value)) return yesOrNo[value as keyof typeof yesOrNo];
    context.addIssue({ code: 'custom', message: 'not a flag' });
    return z.NEVER;
  });
const origins = commaList.pipe(
  z.array(z.string().refine((item) => item === '*' || (URL.canParse(item) && new URL(item).origin === item && item !== 'null'))),
);
const proxies = text.transform((value, context): TrustedProxies => {
  const parsed = trustedProxies(value);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'not proxies' });
  return z.NEVER;
});

/** An address with one of these protocols, as it was given. */
const urlOf = (...protocols: string[]) =>
  optional.pipe(
    z
      .string()
      .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol))
      .nullable(),
  );
const hosts = commaList.pipe(z.array(z.string().regex(/^(\[[0-9a-f:]+\]|[\w.-]+)(:\d{1,5})?$/i)));

/** Every setting there is, by its name in the environment. `.env.example` says what each is for. */
export const SETTINGS = {
  NODE_ENV: oneOf(['development', 'production', 'test'], 'development'),
  PROFILE: oneOf(['embedded', 'cluster'], 'embedded'),
  ROLES: setting(ROLES.join(','), `a comma list of ${ROLES.join(', ')}`, commaList.pipe(z.array(z.enum(ROLES)).min(1))),
  HTTP_PORT: port(3000),
  CHAT_PORT: port(4000),
  PRESENCE_PORT: port(5000),
  HOST: setting('', 'an address or a host name', optional),
  DATA_DIR: setting('./data', 'a folder', text),
  WEB_DIR: setting('', 'a folder', optional),
  NODE_ID: setting(
    '',
    'up to 64 letters, digits, "_", "." and "-"',
    optional.pipe(
      z
        .string()
        .regex(/^[\w.-]{1,64}$/)
        .nullable(),
    ),
  ),
  POSTGRES_URL: setting(
    '',
    'an address such as postgres://parley:password@db:5432/parley',
    urlOf('postgres:', 'postgresql:'),
    true,
  ),
  POSTGRES_LANES: whole(2, 1, 32),
  POSTGRES_CONNECTIONS: whole(10, 2, 500),
  JOURNAL_KEPT_HOURS: whole(2, 1, 720),
  CASSANDRA_CONTACT_POINTS: setting('', 'a comma list of hosts, each with :port or without', hosts),
  CASSANDRA_DATA_CENTER: setting('datacenter1', 'the name of a data center', text),
  CASSANDRA_KEYSPACE: setting(
    'parley',
    'up to 48 lower-case letters, digits and "_", a letter first',
    text.regex(/^[a-z][a-z0-9_]{0,47}$/),
  ),
  CASSANDRA_REPLICATION: setting(
    "{'class': 'SimpleStrategy', 'replication_factor': 1}",
    "replication as CQL has it, such as {'class': 'NetworkTopologyStrategy', 'eu': 3}",
    text.regex(/^\{[\w\s':,-]+\}$/),
  ),
  CASSANDRA_CONSISTENCY: oneOf(['LOCAL_QUORUM', 'QUORUM', 'LOCAL_ONE', 'ONE'], 'LOCAL_QUORUM'),
  CASSANDRA_USER: setting('', 'a user', optional),
  CASSANDRA_PASSWORD: setting('', 'a password', optional, true),
  CASSANDRA_TLS_CA: setting('', 'a readable PEM file', optional),
  REDIS_URL: setting('', 'an address such as redis://:password@cache:6379 or rediss://…', urlOf('redis:', 'rediss:'), true),
  REDIS_CLUSTER: setting('', 'a comma list of hosts, each with :port or without', hosts),
  REDIS_SENTINELS: setting('', 'a comma list of hosts, each with :port or without', hosts),
  REDIS_SENTINEL_MASTER: setting('mymaster', 'the name of the master', text),
  REDIS_SENTINEL_PASSWORD: setting('', 'a password', optional, true),
  REDIS_USER: setting('', 'a user', optional),
  REDIS_PASSWORD: setting('', 'a password', optional, true),
  REDIS_TLS: setting('false', 'true or false', flag),
  REDIS_TLS_CA: setting('', 'a readable PEM file', optional),
  REDIS_PREFIX: setting('parley:', 'up to 64 characters, none of them a space, "{" or "}"', text.regex(/^[^\s{}]{1,64}$/)),
  JWT_SECRET: setting('', 'at least 32 characters', optional.pipe(z.string().min(32).max(1_024).nullable()), true),
  TOKEN_TTL_HOURS: whole(168, 1, 8_760),
  PASSWORD_HASHES_AT_ONCE: whole(2, 1, 64),
  CORS_ORIGIN: setting('', 'a comma list of origins such as https://chat.example.org, or *', origins),
  TRUST_PROXY: setting(
    '',
    'the number of proxies in front, or a comma list of their addresses or networks (10.0.0.0/8)',
    proxies,
  ),
  TLS_CERT: setting('', 'a readable PEM file', optional),
  TLS_KEY: setting('', 'a readable PEM file', optional),
  METRICS_TOKEN: setting(
    '',
    'at least 16 characters, no spaces',
    optional.pipe(
      z
        .string()
        .regex(/^\S{16,1024}$/)
        .nullable(),
    ),
    true,
  ),
  LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  LOG_PRETTY: setting('', 'true or false', flag),
  HEARTBEAT_S: whole(30, 1, 3_600),
  HEARTBEAT_TIMEOUT_S: whole(10, 1, 3_600),
  PRESENCE_GRACE_S: whole(5, 0, 60),
  DRAIN_TIMEOUT_S: whole(10, 0, 600),
  MAX_GROUP_MEMBERS: whole(10_000, 2, 1_000_000),
  LIMIT_MESSAGES_PER_S: limit(30),
  LIMIT_MESSAGES_BURST: burst(100),
  LIMIT_HISTORY_PER_S: limit(20),
  LIMIT_HISTORY_BURST: burst(60),
  LIMIT_TYPING_PER_S: limit(5),
  LIMIT_JOINS_PER_MIN: limit(30),
  LIMIT_FRAMES_PER_S: limit(200),
  LIMIT_LOGINS_PER_MIN: limit(10),
  LIMIT_LOGINS_PER_MIN_PER_ADDRESS: limit(60),
  LIMIT_REGISTRATIONS_PER_HOUR: limit(60),
  LIMIT_REQUESTS_PER_S: limit(50),
  LIMIT_REQUESTS_BURST: burst(200),
  LIMIT_CONNECTIONS_PER_ADDRESS: limit(1_000),
  LIMIT_CONNECTIONS_PER_USER: limit(20),
} as const;

/** Null: not a number of proxies, and not a list of addresses or networks. */
function trustedProxies(value: string): TrustedProxies | null {
  if (value === '') return { kind: 'none' };
  if (/^\d{1,2}$/.test(value)) return value === '0' ? { kind: 'none' } : { kind: 'hops', hops: Number(value) };
  const list = new BlockList();
  const good = value.split(',').every((item) => addNetwork(list, item.trim()));
  return good ? { kind: 'list', proxies: list } : null;
}

function addNetwork(list: BlockList, item: string): boolean {
  const [address = '', prefix, ...rest] = item.split('/');
  const version = isIP(address);
  const bits = prefix === undefined ? (version === 4 ? 32 : 128) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (version === 0 || rest.length > 0 || bits < 0 || bits > (version === 4 ? 32 : 128)) return false;
  list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  return true;
}
