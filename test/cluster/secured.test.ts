import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import { withCassandra, withPostgres } from '../../backing/src/answers.js';
import { startCassandra } from '../../backing/src/cassandra.js';
import { freePort } from '../../backing/src/port.js';
import { startPostgres } from '../../backing/src/postgres.js';
import { startRedis } from '../../backing/src/redis.js';
import { unprivilegedUser } from '../../backing/src/unprivileged.js';
import { certificatesIn, type Certificates } from '../world/certificates.js';
import { archived } from '../world/metrics.js';
import { chatOf, pairOn } from '../world/pair.js';
import { shows } from '../world/people.js';
import { startServer } from '../world/server.js';

const USER = 'chat';
const PASSWORD = 'such a secret';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-secured-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  return folder;
}

async function securedPostgres(folder: string, { ca, cert, key }: Certificates) {
  const own = join(folder, 'postgres.key');
  await writeFile(own, await readFile(key), { mode: 0o600 });
  const user = unprivilegedUser();
  if (user !== undefined) await chown(own, user.uid, user.gid);
  const settings = { ssl: 'on', ssl_cert_file: cert, ssl_key_file: own };
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), password: PASSWORD, settings });
  onTestFinished(() => postgres.stop());
  return { url: postgres.url, env: { POSTGRES_URL: `${postgres.url}?sslmode=verify-full&sslrootcert=${ca}` } };
}

/** Without a name it says nothing but that it is there. */
async function securedRedis(folder: string, { ca, cert, key }: Certificates) {
  const aclfile = join(folder, 'users.acl');
  await writeFile(aclfile, `user default on nopass -@all +ping\nuser ${USER} on >${PASSWORD.replaceAll(' ', '_')} ~* &* +@all\n`);
  const port = await freePort();
  const tls = { 'tls-port': String(port), 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': ca };
  const redis = await startRedis({ folder: join(folder, 'redis'), settings: { ...tls, 'tls-auth-clients': 'no', aclfile } });
  onTestFinished(() => redis.stop());
  const env = {
    REDIS_URL: `rediss://127.0.0.1:${port}`,
    REDIS_USER: USER,
    REDIS_PASSWORD: PASSWORD.replaceAll(' ', '_'),
    REDIS_TLS_CA: ca,
  };
  return { port, env };
}

/** The first user's name and password are known to all: only those of ours are taken afterwards. */
async function securedCassandra(folder: string, { ca, keystore }: Certificates) {
  const first = { user: 'cassandra', password: 'cassandra', ca: await readFile(ca, 'utf8') };
  const cassandra = await startCassandra({
    folder: join(folder, 'cassandra'),
    login: first,
    settings: {
      authenticator: 'PasswordAuthenticator',
      authorizer: 'CassandraAuthorizer',
      client_encryption_options: {
        enabled: true,
        optional: false,
        keystore: keystore.path,
        keystore_password: keystore.password,
        store_type: 'PKCS12',
      },
    },
  });
  onTestFinished(() => cassandra.stop());
  await withCassandra({ ...cassandra, ...first }, async (client) => {
    await client.execute(`CREATE ROLE ${USER} WITH PASSWORD = '${PASSWORD}' AND LOGIN = true`);
    await client.execute(`GRANT ALL PERMISSIONS ON ALL KEYSPACES TO ${USER}`);
  });
  return {
    env: { ...cassandra.env, CASSANDRA_USER: USER, CASSANDRA_PASSWORD: PASSWORD, CASSANDRA_TLS_CA: ca },
  };
}

test.skipIf(inject('cassandra') === null)(
  'a conversation over TLS, with a user and a password at each of the three stores',
  { timeout: 120_000 },
  async () => {
    const folder = await temporaryFolder();
    const certificates = await certificatesIn(folder);
    const [postgres, redis, cassandra] = await Promise.all([
      securedPostgres(folder, certificates),
      securedRedis(folder, certificates),
      securedCassandra(folder, certificates),
    ]);
    const server = await startServer({ ...postgres.env, ...redis.env, ...cassandra.env });
    onTestFinished(() => server.remove());
    const pair = await pairOn(server);
    await pair.anns.sendTo(pair.bob.username, 'nobody listens').sent;
    await shows(pair.bobs, () => chatOf(pair), ['hello', 'nobody listens']);
    await archived(server.nodes);

    const { rows } = await withPostgres(postgres.url, (client) =>
      client.query(`SELECT DISTINCT s.ssl FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid)
        WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()`),
    );
    expect(rows).toEqual([{ ssl: true }]);
    const { REDIS_URL: url, REDIS_USER: username, REDIS_PASSWORD: password } = redis.env;
    const operator = new Redis(url, { username, password, tls: { ca: await readFile(certificates.ca) } });
    onTestFinished(() => operator.disconnect());
    const clients = String(await operator.client('LIST'))
      .trim()
      .split('\n');
    expect(clients.length).toBeGreaterThan(3);
    for (const client of clients) expect(client).toMatch(new RegExp(`laddr=127.0.0.1:${redis.port} .*user=${USER} `));
  },
);
