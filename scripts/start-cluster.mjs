// Runs a whole cluster on this machine: the services it needs, and several server processes of each role, of which those
// of one role share its port. One that dies is started again; its clients meanwhile reach the others.
import { execFileSync } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { openOnePort } from './one-port.mjs';

const HELP = `npm run start:cluster -- [options]

  --chat <n>       chat processes, on CHAT_PORT (default 2)
  --presence <n>   presence processes, on PRESENCE_PORT (default 1)
  --api <n>        HTTP processes, on HTTP_PORT (default 1)
  --worker <n>     worker processes (default 1)
  --port <n>       one port in front of all: HTTP, /ws/chat, /ws/presence (default 8080; 0: none)
  --help           this text

PostgreSQL, Cassandra and Redis are those of the environment (see .env.example), else "npm run services -- up" starts
them; they stay when this ends ("npm run services -- down" stops them).

SIGHUP replaces the processes one after the other: each by a new one that is up before the old one is told to go. After
"npm run build" that is an upgrade without a pause.`;

const SERVER = new URL('../server/dist/bundle/main.js', import.meta.url).pathname;
const SERVICES = new URL('../backing/dist/main.js', import.meta.url).pathname;
const ROLES = ['api', 'chat', 'presence', 'worker'];
const RESTART_MS = 500;
const READY_MAX_MS = 60_000;

const { counts, port } = optionsOrExit();
const environment = { PROFILE: 'cluster', ...servicesEnvironment(), ...process.env };

cluster.setupPrimary({ exec: SERVER, args: [] });
let stopping = false;
let replacing = null;
const workers = new Map();
for (const role of ROLES) for (let n = 1; n <= counts[role]; n++) run(role, `${role}-${n}`);
if (port !== 0) {
  const { HTTP_PORT: http = 3000, CHAT_PORT: chat = 4000, PRESENCE_PORT: presence = 5000 } = environment;
  await openOnePort(port, { http: Number(http), chat: Number(chat), presence: Number(presence) });
  process.stdout.write(`all of it: http://localhost:${port}, with /ws/chat and /ws/presence\n`);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(signal));
process.on('SIGHUP', () => (replacing ??= replaceAll().finally(() => (replacing = null))));

function run(role, name) {
  // Processes that listen on one port take its connections in turn: a worker, which has only its health there, takes another.
  const ownPort = role === 'worker' ? { HTTP_PORT: '0' } : {};
  const worker = cluster.fork({ ...environment, ...ownPort, ROLES: role, NODE_ID: name });
  workers.set(name, { role, worker });
  process.stdout.write(`${name}: process ${worker.process.pid}\n`);
  worker.on('exit', (code, signal) => {
    if (stopping || workers.get(name)?.worker !== worker) return;
    process.stdout.write(`${name}: ended (${signal ?? `exit ${code}`}); starting it again\n`);
    setTimeout(() => !stopping && workers.get(name)?.worker === worker && run(role, name), RESTART_MS);
  });
  return worker;
}

/** The last role first: what a client is offered by the API, the others know already. */
async function replaceAll() {
  for (const name of [...workers.keys()].reverse()) {
    if (stopping || !(await replace(name))) return;
  }
  process.stdout.write('all processes have been replaced\n');
}

/** Two of a name for a moment. False: the new one did not come up, and the old one stays. */
async function replace(name) {
  const { role, worker: old } = workers.get(name);
  const next = run(role, name);
  if (!(await isReady(next))) {
    process.stdout.write(`${name}: the new process is not up; process ${old.process.pid} stays, and so do all after it\n`);
    workers.set(name, { role, worker: old });
    next.process.kill('SIGKILL');
    return false;
  }
  const ended = old.isDead() ? Promise.resolve([old.process.exitCode]) : once(old, 'exit');
  old.process.kill('SIGTERM');
  const [code, signal] = await ended;
  process.stdout.write(`${name}: replaced (the old one: ${signal ?? `exit ${code}`})\n`);
  return true;
}

function isReady(worker) {
  return new Promise((resolve) => {
    worker.on('message', (message) => message === 'ready' && resolve(true));
    worker.once('exit', () => resolve(false));
    setTimeout(() => resolve(false), READY_MAX_MS).unref();
  });
}

async function stop(signal) {
  if (stopping) return;
  stopping = true;
  const running = Object.values(cluster.workers ?? {});
  const ended = running.map((worker) => once(worker, 'exit'));
  for (const worker of running) worker.process.kill(signal);
  await Promise.all(ended);
  process.exit(0);
}

/** Where the services are: as the environment says, else of those that this brings up. */
function servicesEnvironment() {
  execFileSync(process.execPath, [SERVICES, 'up'], { stdio: 'inherit' });
  return JSON.parse(execFileSync(process.execPath, [SERVICES, 'env', '--json'], { encoding: 'utf8' }));
}

function optionsOrExit() {
  const options = Object.fromEntries(ROLES.map((role) => [role, { type: 'string' }]));
  try {
    const { values } = parseArgs({ options: { ...options, port: { type: 'string' }, help: { type: 'boolean' } } });
    if (values.help) {
      process.stdout.write(`${HELP}\n`);
      process.exit(0);
    }
    const byDefault = { api: 1, chat: 2, presence: 1, worker: 1 };
    const counts = ROLES.map((role) => [role, wholeNumber(role, values[role] ?? byDefault[role], 64)]);
    return { counts: Object.fromEntries(counts), port: wholeNumber('port', values.port ?? 8080, 65_535) };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${HELP}\n`);
    process.exit(2);
  }
}

function wholeNumber(name, value, max) {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > max) throw new Error(`--${name}: expected 0 to ${max}; got ${value}`);
  return number;
}
