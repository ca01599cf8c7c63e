// Compiles on every change, and starts the server again whenever what it runs has changed.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

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
