// Compiles on every change, and starts the server again whenever what it runs has changed.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

if (process.argv.length > 2) {
  process.stdout.write(
    'npm run dev:watch\n\nBuilds, serves, and does both again at every change. Settings are those of npm start.\n',
  );
  process.exit(process.argv.includes('--help') ? 0 : 2);
}

const root = join(import.meta.dirname, '..');
const run = (command, args) => spawn(command, args, { cwd: root, stdio: 'inherit' });
const tsc = join(root, 'node_modules/.bin/tsc');

const first = spawnSync(tsc, ['-b'], { cwd: root, stdio: 'inherit' });
if (first.status !== 0) process.stderr.write('The build has errors; waiting for a change.\n');
const children = [
  run(tsc, ['-b', '--watch', '--preserveWatchOutput']),
  run(process.execPath, ['--watch', '--watch-preserve-output', 'server/dist/main.js']),
];
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => children.forEach((child) => child.kill(signal)));
for (const child of children)
  child.on('exit', (code) => children.forEach((other) => other !== child && other.kill()) ?? (process.exitCode = code ?? 1));
