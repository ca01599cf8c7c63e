import { Refusal } from '@parley/protocol';
import type { JobsParts } from '../../server/src/cluster/jobs/open.js';
import { clusterProfile, type Outside } from '../../server/src/cluster/profile.js';
import type { Config } from '../../server/src/config.js';
import type { Logger } from '../../server/src/ports/logger.js';
import type { Meter } from '../../server/src/ports/meter.js';
import type { Profile } from '../../server/src/ports/profile.js';
import { refusalFrom } from '../../server/src/chat/refused.js';
import type { Bearer } from '../../server/src/edge/tokens.js';
import type { SocketKind } from '../../server/src/edge/sockets.js';
import { Worker } from '../../server/src/worker/worker.js';
import { wire } from '../../server/src/wiring.js';
import type { CassandraModel } from './models/cassandra.js';
import type { PostgresModel } from './models/postgres.js';
import type { RedisModel } from './models/redis.js';
import type { Socket as ServerSocket } from '../../server/src/edge/socket.js';
import { RefusedUpgrade, type Listener, type Network, type Reader } from './network.js';
import type { Process } from './process.js';

const FORESEEN = /^(Stream isn't writeable|Connection is closed|Command timed out|the server stopped before it was known)/;
const HEALING_BYTES = 1_048_576;
const UNLIMITED = { perS: 0, burst: 1 };

/** As in production, but that nobody is limited. */
const CONFIG: Pick<Config, 'auth' | 'presence' | 'groups' | 'limits' | 'sockets'> = {
  auth: { jwtSecret: null, tokenTtlMs: 86_400_000, hashesAtOnce: 1 },
  presence: { graceMs: 3_000 },
  groups: { maxMembers: 1_000 },
  sockets: { heartbeatMs: 5_000, heartbeatTimeoutMs: 4_000 },
  limits: {
    messages: UNLIMITED,
    history: UNLIMITED,
    typing: UNLIMITED,
    joins: UNLIMITED,
    logins: UNLIMITED,
    loginsPerAddress: UNLIMITED,
    registrations: UNLIMITED,
    requests: UNLIMITED,
    frames: UNLIMITED,
    connectionsPerAddress: 0,
    connectionsPerUser: 0,
  },
};

/** The stores and the way to them, as all servers of a simulation share them. */
export interface Place {
  postgres: PostgresModel;
  redis: RedisModel;
  cassandra: CassandraModel;
  network: Network;
  /** Told of what goes on inside, by a word; for the sometimes-conditions. */
  happened: (what: string) => void;
  /** Told of faults that nobody foresaw. */
  fault: (server: string, message: string, error: unknown) => void;
  /** What a planted bug puts in the place of a part. */
  planted: ServerBugs;
}

/** Where a planted bug gets into a server: through what is passed in. */
export interface ServerBugs {
  outside?: (outside: Outside) => Outside;
  profile?: (profile: Profile, server: Process) => Profile;
  socket?: (socket: ServerSocket) => ServerSocket;
}

export type Wired = ReturnType<typeof wire>;

/** A whole server in a process of the simulation: the real parts on the models. */
export class SimulatedServer implements Listener {
  readonly process: Process;
  readonly #place: Place;
  #wired: Wired | null = null;
  #worker: Worker | null = null;
  #jobs: Worker | null = null;

  constructor(process: Process, place: Place) {
    this.process = process;
    this.#place = place;
  }

  /** Null until it has started, and once it takes no requests any more. */
  get wired(): Wired | null {
    return this.#wired;
  }

  async start(): Promise<void> {
    const { process, planted, network } = { process: this.process, ...this.#place };
    const [meter, logger] = [this.#meter(), this.#logger()];
    const outside = this.#outside();
    const profile = await clusterProfile(
      optionsOf(process.name),
      { runtime: process, meter, logger, roles: ['api', 'chat', 'presence', 'worker'], onFatal: () => process.kill() },
      planted.outside?.(outside) ?? outside,
    );
    const passwords = { hash: (password: string) => Promise.resolve(password), verify: () => Promise.resolve(true) };
    const wired = wire({
      config: CONFIG,
      profile: this.#watched(planted.profile?.(profile, process) ?? profile),
      passwords,
      runtime: process,
      meter,
      logger,
    });
    await wired.start();
    this.#worker = new Worker(wired.jobs, process, (error, job) => logger.debug({ err: error, job }, 'a job failed'));
    this.#worker.start();
    this.#wired = wired;
    network.listeners.set(process.name, this);
    process.onDeath(() => network.listeners.delete(process.name));
  }

  /** As SIGTERM: drains, and ends. */
  async close(): Promise<void> {
    this.#place.network.listeners.delete(this.process.name);
    const wired = this.#wired;
    await wired?.sockets.drain();
    // As the process shuts its HTTP port before it closes what requests need.
    this.#wired = null;
    await this.#worker?.close();
    await wired?.close();
    this.process.kill();
  }

  async upgrade(path: string, token: string, socket: Parameters<Listener['upgrade']>[2]): Promise<Reader> {
    if (this.#wired === null) throw new RefusedUpgrade(503);
    const { sockets, sessions } = this.#wired;
    const [kind, sessionId = '', username = ''] = [path as SocketKind, ...token.split(' ')];
    const address = username;
    try {
      sockets.admit(address);
      const session = await sessions.check(sessionId);
      if (session === null) throw new RefusedUpgrade(401);
      const bearer: Bearer = { userId: session.userId, username, sessionId, expiresAt: session.expiresAt };
      sockets.admitUser(address, bearer.userId);
      const opened = this.#place.planted.socket?.(socket) ?? socket;
      const { connection, ended } = sockets.open(kind, opened, bearer, address);
      return { receive: (frame) => connection.receive(frame, this.process.monotonic()), heard: () => connection.heard(), ended };
    } catch (error) {
      if (error instanceof RefusedUpgrade) throw error;
      const isForNow = refusalFrom(error) instanceof Refusal;
      if (!isForNow) this.#place.fault(this.process.name, 'an upgrade failed', error);
      throw new RefusedUpgrade(503);
    }
  }

  #outside(): Outside {
    const { postgres, redis, cassandra } = this.#place;
    const { process } = this;
    return {
      openArchive: (_options, meter) => cassandra.open(process, meter),
      openDatabase: postgres.open(process),
      openClient: redis.open(process),
      openJobs: (parts) => this.#openJobs(parts),
      inspect: () => ({
        queues: () => Promise.resolve([]),
        dead: () => Promise.resolve([]),
        replay: () => Promise.resolve(),
        drop: () => Promise.resolve(),
        close: () => Promise.resolve(),
      }),
    };
  }

  /** Tells when healing reads what no hint brought: nobody else asks for pages of that size. */
  #watched(profile: Profile): Profile {
    const { log } = profile.stores;
    const page: typeof log.page = (query) => {
      if (query.maxBytes === HEALING_BYTES) this.#place.happened('a hint that was lost was healed');
      return log.page(query);
    };
    return { ...profile, stores: { ...profile.stores, log: withMethods(log, { page }) } };
  }

  /** Notes go to the store at once, as they do while Redis is away; each worker does its jobs by itself. */
  #openJobs({ offline, jobs, runtime }: JobsParts) {
    this.#jobs = new Worker(
      jobs.map((job) => ({ ...job, everyMs: Math.min(job.everyMs, 5_000) })),
      runtime,
      () => undefined,
    );
    this.#jobs.start();
    return Promise.resolve({ offline, close: () => this.#jobs?.close() ?? Promise.resolve() });
  }

  #meter(): Meter {
    return { count: (name) => this.#place.happened(name), time: () => undefined, set: () => undefined };
  }

  #logger(): Logger {
    const note = (_about: object, message: string) => this.#place.happened(message);
    const logger: Logger = {
      debug: note,
      info: note,
      warn: note,
      error: (about, message) => {
        const error = (about as { err?: unknown }).err ?? about;
        if (isForeseen(error)) note(about, message);
        else this.#place.fault(this.process.name, message, error);
      },
      child: () => logger,
    };
    return logger;
  }
}

/** The same, with some methods replaced. */
export function withMethods<T extends object>(inner: T, methods: Partial<T>): T {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Redis is away; or the server stops while PostgreSQL is away, and says that it leaves an append unanswered. Neither is a surprise. */
function isForeseen(error: unknown): boolean {
  return error instanceof Error && FORESEEN.test(error.message);
}

function optionsOf(nodeId: string): Parameters<typeof clusterProfile>[0] {
  return {
    nodeId,
    postgres: { url: '', lanes: 2, connections: 4, journalKeptMs: 0 },
    cassandra: {
      contactPoints: [],
      dataCenter: '',
      keyspace: '',
      replication: '',
      consistency: 'LOCAL_QUORUM',
      login: null,
      ca: null,
    },
    redis: { at: { kind: 'single', url: '' }, user: null, password: null, tls: null, prefix: '' },
  };
}
