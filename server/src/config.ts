import { accessSync, constants, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { ClusterOptions, RedisOptions } from './cluster/options.js';
import type { TrustedProxies } from './edge/client-address.js';
import type { Tls } from './edge/http/http-server.js';
import type { Rates } from './edge/limits.js';
import type { Rate } from './edge/rate-limit.js';
import { ROLES, SETTINGS, type LogLevel, type ServerRole, type Setting } from './settings.js';

/** Everything that can be set from outside, grouped by the part that it is for. */
export interface Config {
  profile: 'embedded' | 'cluster';
  roles: readonly ServerRole[];
  production: boolean;
  dataDir: string;
  /** Null: where the build of the web client puts it. */
  webDir: string | null;
  /** Of the cluster profile only. */
  cluster: ClusterOptions | null;
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
  checkServices(values, problems);
  checkPorts(values, problems);
  checkSecret(values, problems);
  const tls = readTls(values, problems);
  readOptionalPem('CASSANDRA_TLS_CA', values, problems);
  const redisCa = readOptionalPem('REDIS_TLS_CA', values, problems);
  if (problems.length > 0) throw new BadConfig(problems);
  return group(values as Values, tls, redisCa, terminal);
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
  const missing = roles ? ROLES.filter((role) => !roles.includes(role)) : [];
  if (PROFILE === 'embedded' && missing.length > 0) {
    problems.push(`ROLES: the embedded profile is one process and needs all of ${ROLES.join(',')}; missing ${missing.join(',')}`);
  }
}

function checkServices(values: Partial<Values>, problems: string[]): void {
  const redis = ['REDIS_URL', 'REDIS_CLUSTER', 'REDIS_SENTINELS'] as const;
  const given = redis.filter((name) => isGiven(values[name]));
  if (given.length > 1) problems.push(`${given.join(', ')}: expected one of them`);
  if ((values.CASSANDRA_USER === null) !== (values.CASSANDRA_PASSWORD === null)) {
    problems.push('CASSANDRA_USER, CASSANDRA_PASSWORD: expected both or none');
  }
  if (values.PROFILE !== 'cluster') return;
  for (const name of ['POSTGRES_URL', 'CASSANDRA_CONTACT_POINTS'] as const) {
    if (!isGiven(values[name])) problems.push(`${name}: required by the cluster profile`);
  }
  if (given.length === 0) problems.push(`${redis.join(' or ')}: required by the cluster profile`);
}

/** A value that did not hold is undefined, and was reported already. */
const isGiven = (value: string | readonly string[] | null | undefined) => value !== null && value?.length !== 0;

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

function readOptionalPem(name: 'CASSANDRA_TLS_CA' | 'REDIS_TLS_CA', values: Partial<Values>, problems: string[]): Buffer | null {
  const file = values[name];
  return file ? readPem(name, file, problems) : null;
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

function clusterOf(v: Values, redisCa: Buffer | null): ClusterOptions {
  return {
    nodeId: v.NODE_ID ?? hostname().slice(0, 64),
    postgres: {
      url: v.POSTGRES_URL ?? '',
      lanes: v.POSTGRES_LANES,
      connections: v.POSTGRES_CONNECTIONS,
      journalKeptMs: v.JOURNAL_KEPT_HOURS * 3_600_000,
    },
    cassandra: {
      contactPoints: v.CASSANDRA_CONTACT_POINTS,
      dataCenter: v.CASSANDRA_DATA_CENTER,
      keyspace: v.CASSANDRA_KEYSPACE,
      replication: v.CASSANDRA_REPLICATION,
      consistency: v.CASSANDRA_CONSISTENCY,
      login: v.CASSANDRA_USER === null ? null : { user: v.CASSANDRA_USER, password: v.CASSANDRA_PASSWORD ?? '' },
      ca: v.CASSANDRA_TLS_CA,
    },
    redis: {
      at: redisAt(v),
      user: v.REDIS_USER,
      password: v.REDIS_PASSWORD,
      tls: v.REDIS_TLS || redisCa !== null ? { ca: redisCa } : null,
      prefix: v.REDIS_PREFIX,
    },
  };
}

function redisAt(v: Values): RedisOptions['at'] {
  if (v.REDIS_CLUSTER.length > 0) return { kind: 'cluster', nodes: v.REDIS_CLUSTER };
  const [sentinels, master] = [v.REDIS_SENTINELS, v.REDIS_SENTINEL_MASTER];
  if (sentinels.length > 0) return { kind: 'sentinel', sentinels, master, password: v.REDIS_SENTINEL_PASSWORD };
  return { kind: 'single', url: v.REDIS_URL ?? '' };
}

function group(v: Values, tls: Tls | null, redisCa: Buffer | null, terminal: boolean): Config {
  const production = v.NODE_ENV === 'production';
  return {
    profile: v.PROFILE,
    roles: ROLES.filter((role) => v.ROLES.includes(role)),
    production,
    dataDir: resolve(v.DATA_DIR),
    webDir: v.WEB_DIR === null ? null : resolve(v.WEB_DIR),
    cluster: v.PROFILE === 'cluster' ? clusterOf(v, redisCa) : null,
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
