import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test, type TestContext } from 'vitest';
import { NGINX } from '../../backing/src/nginx.js';
import { findProgram } from '../../backing/src/programs.js';
import { PROMETHEUS } from '../../backing/src/prometheus.js';
import { deployed, install, INSTALLING_MAX_MS, programFor, ROOT, startProxy, startWatching } from '../world/deployed.js';
import { chatOf, pairOn, talking } from '../world/pair.js';
import { shows } from '../world/people.js';
import { spawnGroup, type ServerProcess, type ServerProcesses } from '../world/process.js';
import { RawClient } from '../world/raw-client.js';
import { until } from '../world/until.js';

const TOKEN = 'a-token-for-prometheus';
const COMPOSE = { name: 'docker-compose', package: 'docker-compose' };
const PATIENCE_MS = 60_000;

const hostOf = ({ addresses: { http: api, chat, presence, health = '' } }: ServerProcess) =>
  new URL(api + chat + presence + health).host;

/** As compose.yaml starts them. */
const ROLES = { api: 'api', chat: 'chat', otherChat: 'chat', presence: 'presence', worker: 'worker' };
type Name = keyof typeof ROLES;
let group: ServerProcesses;
let processes: Record<Name, ServerProcess>;

beforeAll(async () => {
  await install(NGINX, PROMETHEUS, ...((await hasDockerCompose()) ? [] : [COMPOSE]));
  const common = { TRUST_PROXY: '1', METRICS_TOKEN: TOKEN };
  group = await spawnGroup(...Object.values(ROLES).map((role) => ({ ...common, ROLES: role })));
  const named = Object.keys(ROLES).map((name, n) => [name, group.processes[n]]);
  processes = Object.fromEntries(named) as typeof processes;
}, INSTALLING_MAX_MS);
afterAll(() => group.remove());

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

test(
  'what the dashboard and the alerts ask for is there: the real Prometheus reads every role, and answers each query',
  {
    timeout: PATIENCE_MS,
  },
  async (context) => {
    programFor(context, PROMETHEUS);
    const { api, chat, otherChat, presence, worker } = processes;
    const servers = { api: hostOf(api), chat: hostOf(chat), presence: hostOf(presence), worker: hostOf(worker) };
    const watch = await startWatching(servers, TOKEN);
    const query = async (expr: string) => {
      const answer = await fetch(`${watch}/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`);
      const { status, error, data } = (await answer.json()) as {
        status: string;
        error?: string;
        data?: { result: { metric: Record<string, string> }[] };
      };
      if (status !== 'success') throw new Error(`${expr}: ${error ?? ''}`);
      return data?.result ?? [];
    };

    // A little of everything.
    const nodes = [chat, otherChat].map(({ addresses }) => ({ ...addresses, http: api.addresses.http }));
    const [first] = nodes;
    if (first === undefined) throw new Error('no chat process');
    await talking(await pairOn({ addresses: first, nodes })).stop();

    const roles = async () => (await query('up{job="parley"} == 1')).map(({ metric }) => metric['role']);
    await until('it has read all', async () => (await roles()).sort().join() === 'api,chat,presence,worker', 20_000);

    const { panels } = JSON.parse(await deployed('deploy/grafana/parley.json')) as { panels: Panel[] };
    const asked = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
    expect(asked.length).toBeGreaterThan(40);
    // Nothing fails here; that its metric and its labels exist is seen by the same query for 2xx.
    const happens = (expr: string) => expr.replace('status=~"5.."', 'status=~"2.."');
    for (const { title, expr } of asked) {
      const concrete = happens(expr).replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s');
      await until(`the panel "${title}" shows something: ${concrete}`, async () => (await query(concrete)).length > 0);
    }

    const rules = async () => {
      const answer = (await (await fetch(`${watch}/api/v1/rules`)).json()) as {
        data: { groups: { rules: { name: string; query: string; health: string; state: string }[] }[] };
      };
      return answer.data.groups.flatMap((group) => group.rules);
    };
    await until('every alert was looked at', async () => (await rules()).every(({ health }) => health === 'ok'));
    const alerts = await rules();
    expect(alerts.length).toBeGreaterThan(5);
    // What a busy machine makes come true for a moment, such as a late event loop, passes.
    await until(
      'no alert is true',
      async () => {
        expect((await rules()).filter(({ state }) => state !== 'inactive')).toEqual([]);
        return true;
      },
      20_000,
    );
    const names = new Set(alerts.flatMap((alert) => alert.query.match(/parley_\w+/g) ?? []));
    for (const name of names) expect([name, await query(`count(${name})`)]).not.toEqual([name, []]);

    // And one that comes true: nobody reads the worker any more.
    await worker.kill('SIGKILL');
    await until('it is missed', async () => (await rules()).find(({ name }) => name === 'ParleyDown')?.state === 'pending');
  },
);

test(
  'D4 behind nginx, kill -9 of a chat process under traffic: who was on it is back, and has everything once',
  {
    timeout: PATIENCE_MS,
  },
  async (context) => {
    programFor(context, NGINX);
    const { api, chat, otherChat, presence } = processes;
    const url = await startProxy({ api: [hostOf(api)], chat: [hostOf(chat), hostOf(otherChat)], presence: [hostOf(presence)] });
    const ws = url.replace('http', 'ws');
    const addresses = { http: url, chat: `${ws}/ws/chat`, presence: `${ws}/ws/presence` };
    const pair = await pairOn({ addresses, nodes: [addresses, addresses] });
    let moved = 0;
    for (const device of [pair.anns, pair.bobs]) device.on('state', ({ name }) => void (name === 'live' && moved++));
    const watching = await RawClient.connect(addresses.presence, pair.ann.token);
    onTestFinished(() => watching.socket.terminate());
    await watching.settle();

    const talk = talking(pair, 5);
    await until('they talk', () => talk.said.length > 30);
    await chat.kill('SIGKILL');
    await until('somebody has moved', () => moved === 1);
    await until('they go on', () => talk.said.length > 150);
    await shows(pair.bobs, () => chatOf(pair), await talk.stop());
    // least_conn had put one of them on each process.
    expect(moved).toBe(1);
  },
);

test('compose.yaml holds, and has no default for a secret', { timeout: PATIENCE_MS }, async (context) => {
  const [program = '', ...before] = await composeCommand(context);
  const secrets = { POSTGRES_PASSWORD: 'p', JWT_SECRET: 'j', METRICS_TOKEN: 'm' };
  const config = async (env: Record<string, string>) => {
    const args = [...before, '--file', 'compose.yaml', 'config'];
    // The environment wins over a .env of whoever runs this.
    const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, COMPOSE_PROFILES: 'metrics', ...env } });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { code: code as number, out, err };
  };
  const [whole, ...lacking] = await Promise.all([
    config(secrets),
    ...Object.keys(secrets).map((name) => config({ ...secrets, [name]: '' })),
  ]);
  expect(whole).toMatchObject({ code: 0 });
  for (const service of ['api', 'chat', 'presence', 'worker', 'proxy', 'postgres', 'cassandra', 'redis', 'prometheus', 'grafana'])
    expect(whole?.out).toMatch(new RegExp(`^  ${service}:$`, 'm'));
  for (const { code, err } of lacking) {
    expect(code).not.toBe(0);
    expect(err).toContain('docs/deployment.md#secrets');
  }
});

/** Docker's own, which needs no engine for this; else Debian's. */
async function composeCommand(context: TestContext): Promise<string[]> {
  return (await hasDockerCompose()) ? ['docker', 'compose'] : [programFor(context, COMPOSE)];
}

async function hasDockerCompose(): Promise<boolean> {
  if (findProgram({ name: 'docker', package: 'docker-cli' }) === null) return false;
  const [code] = (await once(spawn('docker', ['compose', 'version'], { stdio: 'ignore' }), 'exit')) as [number];
  return code === 0;
}
