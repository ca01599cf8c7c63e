import { accessSync, constants, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { TrustedProxies } from './edge/client-address.js';
import type { Tls } from './edge/http/http-server.js';
import type { Rates } from './edge/limits.js';
import type { Rate } from './edge/rate-limit.js';

/** What one process does. */
export const ROLES = ['api', 'chat', 'presence', 'worker'] as const;
export type ServerRole = (typeof ROLES)[number];

/** Everything that can be set from outside, grouped by the part that it is for. */
export interface Config {
  profile: 'embedded';
  roles: readonly ServerRole[];
  production: boolean;
  dataDir: string;
  listen: { host: string; httpPort: number; chatPort: number; presencePort: number; tls: Tls | null };
  doors: { corsOrigins: readonly string[] | '*'; trustedProxies: TrustedProxies; metricsToken: string | null };
  /** `jwtSecret: null`: development; the secret is the one kept in `dataDir`. */
  auth: { jwtSecret: string | null; tokenTtlMs: number; hashesAtOnce: number };
  log: { level: LogLevel; pretty: boolean };
  sockets: { heartbeatMs: number; heartbeatTimeoutMs: number };
  presence: { graceMs: number };
  groups: { maxMembers: number };
  drainTimeoutMs: number;
  limits: LimitOptions;
}

/** Rates and counts, each off at 0. */
export interface LimitOptions extends Rates {
  /** Per connection. */
  frames: Rate;
  connectionsPerAddress: number;
  connectionsPerUser: number;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How one setting is read: what is said when it is wrong, and whether its value may be shown then. */
interface Setting<T> {
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

type SettingName = keyof typeof SETTINGS;
type Values = { [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T> ? T : never };
/** The settings as they stand in the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that do not hold: all of them, one line each, without the value of any secret. */
export class BadConfig extends Error {
  override name = 'BadConfig';
  constructor(readonly problems: readonly string[]) {
    super(['These settings do not hold (see .env.example):', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/** Reads the settings of this process, with those of a `.env` file in the working folder where it has one. */
export function loadConfig(): Config {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return readConfig(process.env, { terminal: process.stdout.isTTY === true });
}

/** Settings → Config; throws BadConfig, which names everything that is wrong at once. */
export function readConfig(env: Environment, { terminal }: { terminal: boolean }): Config {
  const problems: string[] = [...strangers(env)];
  const values = readValues(env, problems);
  checkProfile(values, problems);
  checkPorts(values, problems);
  checkSecret(values, problems);
  const tls = readTls(values, problems);
  if (problems.length > 0) throw new BadConfig(problems);
  return group(values as Values, tls, terminal);
}

function readValues(env: Environment, problems: string[]): Partial<Values> {
  const values: Record<string, unknown> = {};
  for (const [name, { schema, byDefault, expects, secret }] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const given = env[name]?.trim() || byDefault;
    const parsed = schema.safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`${name}: expected ${expects}; got ${secret ? `${given.length} characters` : JSON.stringify(given)}`);
  }
  return values as Partial<Values>;
}

/** A limit with a slip in its name would silently not be there. */
function strangers(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('LIMIT_') && !(name in SETTINGS))
    .map((name) => `${name}: there is no such setting`);
}

function checkProfile({ PROFILE, ROLES: roles }: Partial<Values>, problems: string[]): void {
  if (PROFILE === 'cluster') problems.push('PROFILE: "cluster" is not in this version; use "embedded"');
  const missing = roles ? ROLES.filter((role) => !roles.includes(role)) : [];
  if (PROFILE === 'embedded' && missing.length > 0) {
    problems.push(`ROLES: the embedded profile is one process and needs all of ${ROLES.join(',')}; missing ${missing.join(',')}`);
  }
}

function checkPorts({ HTTP_PORT, CHAT_PORT, PRESENCE_PORT }: Partial<Values>, problems: string[]): void {
  const ports = [HTTP_PORT, CHAT_PORT, PRESENCE_PORT].filter((value) => value !== undefined && value !== 0);
  if (new Set(ports).size < ports.length) problems.push('HTTP_PORT, CHAT_PORT, PRESENCE_PORT: expected different ports');
}

function checkSecret({ NODE_ENV, JWT_SECRET }: Partial<Values>, problems: string[]): void {
  if (NODE_ENV !== 'production' || JWT_SECRET !== null) return;
  problems.push('JWT_SECRET: required in production; for example the output of: openssl rand -base64 48');
}

function readTls({ TLS_CERT, TLS_KEY }: Partial<Values>, problems: string[]): Tls | null {
  if (!TLS_CERT && !TLS_KEY) return null;
  if (!TLS_CERT || !TLS_KEY) {
    problems.push(`${TLS_CERT ? 'TLS_KEY' : 'TLS_CERT'}: expected beside ${TLS_CERT ? 'TLS_CERT' : 'TLS_KEY'}; set both or none`);
    return null;
  }
  const cert = readPem('TLS_CERT', TLS_CERT, problems);
  const key = readPem('TLS_KEY', TLS_KEY, problems);
  return cert && key && { cert, key };
}

function readPem(name: SettingName, file: string, problems: string[]): Buffer | null {
  try {
    accessSync(file, constants.R_OK);
    const content = readFileSync(file);
    if (content.includes('-----BEGIN ')) return content;
    problems.push(`${name}: expected a PEM file; ${JSON.stringify(file)} is none`);
  } catch (error) {
    problems.push(`${name}: cannot read ${JSON.stringify(file)} (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return null;
}

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

/** With every burst as large as a whole period's allowance. */
const perMinute = (count: number): Rate => ({ perS: count / 60, burst: Math.max(1, count) });
const perHour = (count: number): Rate => ({ perS: count / 3_600, burst: Math.max(1, count) });
/** With room for two seconds at once. */
const perSecond = (count: number): Rate => ({ perS: count, burst: Math.max(1, count * 2) });

function limitsOf(v: Values): LimitOptions {
  return {
    messages: { perS: v.LIMIT_MESSAGES_PER_S, burst: v.LIMIT_MESSAGES_BURST },
    history: { perS: v.LIMIT_HISTORY_PER_S, burst: v.LIMIT_HISTORY_BURST },
    typing: perSecond(v.LIMIT_TYPING_PER_S),
    joins: perMinute(v.LIMIT_JOINS_PER_MIN),
    frames: perSecond(v.LIMIT_FRAMES_PER_S),
    logins: perMinute(v.LIMIT_LOGINS_PER_MIN),
    loginsPerAddress: perMinute(v.LIMIT_LOGINS_PER_MIN_PER_ADDRESS),
    registrations: perHour(v.LIMIT_REGISTRATIONS_PER_HOUR),
    requests: { perS: v.LIMIT_REQUESTS_PER_S, burst: v.LIMIT_REQUESTS_BURST },
    connectionsPerAddress: v.LIMIT_CONNECTIONS_PER_ADDRESS,
    connectionsPerUser: v.LIMIT_CONNECTIONS_PER_USER,
  };
}

/** In development the pages served by this very server; in production only what is named. */
function corsOrigins(v: Values, tls: Tls | null): readonly string[] | '*' {
  if (v.CORS_ORIGIN.includes('*')) return '*';
  if (v.CORS_ORIGIN.length > 0 || v.NODE_ENV === 'production') return v.CORS_ORIGIN;
  return ['localhost', '127.0.0.1'].map((host) => new URL(`http${tls ? 's' : ''}://${host}:${v.HTTP_PORT}`).origin);
}

function group(v: Values, tls: Tls | null, terminal: boolean): Config {
  const production = v.NODE_ENV === 'production';
  return {
    profile: 'embedded',
    roles: ROLES,
    production,
    dataDir: resolve(v.DATA_DIR),
    listen: {
      host: v.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
      httpPort: v.HTTP_PORT,
      chatPort: v.CHAT_PORT,
      presencePort: v.PRESENCE_PORT,
      tls,
    },
    doors: { corsOrigins: corsOrigins(v, tls), trustedProxies: v.TRUST_PROXY, metricsToken: v.METRICS_TOKEN },
    auth: { jwtSecret: v.JWT_SECRET, tokenTtlMs: v.TOKEN_TTL_HOURS * 3_600_000, hashesAtOnce: v.PASSWORD_HASHES_AT_ONCE },
    log: { level: v.LOG_LEVEL, pretty: v.LOG_PRETTY ?? terminal },
    sockets: { heartbeatMs: v.HEARTBEAT_S * 1_000, heartbeatTimeoutMs: v.HEARTBEAT_TIMEOUT_S * 1_000 },
    presence: { graceMs: v.PRESENCE_GRACE_S * 1_000 },
    groups: { maxMembers: v.MAX_GROUP_MEMBERS },
    drainTimeoutMs: v.DRAIN_TIMEOUT_S * 1_000,
    limits: limitsOf(v),
  };
}
