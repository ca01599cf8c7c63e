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
them; they stay when this ends ("npm run services -- down" stops them).`;

const SERVER = new URL('../server/dist/bundle/main.js', import.meta.url).pathname;
const SERVICES = new URL('../backing/dist/main.js', import.meta.url).pathname;
const ROLES = ['api', 'chat', 'presence', 'worker'];
const RESTART_MS = 500;

const { counts, port } = optionsOrExit();
const environment = { PROFILE: 'cluster', ...servicesEnvironment(), ...process.env };

cluster.setupPrimary({ exec: SERVER, args: [] });
let stopping = false;
for (const role of ROLES) for (let n = 1; n <= counts[role]; n++) run(role, `${role}-${n}`);
if (port !== 0) {
  const { HTTP_PORT: http = 3000, CHAT_PORT: chat = 4000, PRESENCE_PORT: presence = 5000 } = environment;
  await openOnePort(port, { http: Number(http), chat: Number(chat), presence: Number(presence) });
  process.stdout.write(`all of it: http://localhost:${port}, with /ws/chat and /ws/presence\n`);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(signal));

function run(role, name) {
  // Processes that listen on one port take its connections in turn: a worker, which has only its health there, takes another.
  const ownPort = role === 'worker' ? { HTTP_PORT: '0' } : {};
  const worker = cluster.fork({ ...environment, ...ownPort, ROLES: role, NODE_ID: name });
  process.stdout.write(`${name}: process ${worker.process.pid}\n`);
  worker.on('exit', (code, signal) => {
    if (stopping) return;
    process.stdout.write(`${name}: ended (${signal ?? `exit ${code}`}); starting it again\n`);
    setTimeout(() => run(role, name), RESTART_MS);
  });
}

async function stop(signal) {
  if (stopping) return;
  stopping = true;
  const workers = Object.values(cluster.workers ?? {});
  const ended = workers.map((worker) => once(worker, 'exit'));
  for (const worker of workers) worker.process.kill(signal);
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
