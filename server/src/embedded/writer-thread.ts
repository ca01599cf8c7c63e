import { parentPort, workerData } from 'node:worker_threads';
import { Batches } from './batch.js';
import { Checkpoints } from './checkpoints.js';
import type { Command, FromWriter, ThreadData, ToWriter } from './commands.js';
import { openSqlite } from './sqlite.js';

/*
 * The only writer of the store (R25): a batch in, one transaction, its outcomes out. An error that is thrown here ends
 * the thread, and with it the process: after a failed sync nobody knows what is on the disk.
 */
const port = parentPort;
if (port === null) throw new Error('writer-thread runs as a worker thread');

const db = await openSqlite((workerData as ThreadData).path, [
  'journal_mode = WAL',
  'synchronous = FULL',
  // On macOS a plain fsync does not reach the platter.
  'fullfsync = ON',
  'checkpoint_fullfsync = ON',
  'wal_autocheckpoint = 0',
  'journal_size_limit = 67108864',
  'foreign_keys = OFF',
  'busy_timeout = 5000',
  'cache_size = -8192',
  'temp_store = MEMORY',
  'mmap_size = 0',
]);
const batches = new Batches(db);
const checkpoints = new Checkpoints(db);
const reply = (message: FromWriter) => port.postMessage(message);

port.on('message', (message: ToWriter) => {
  if (message === 'close') close();
  else run(message);
});
reply('open');

function run(commands: Command[]): void {
  const outcomes = batches.run(commands);
  reply(outcomes);
  checkpoints.after(commands, outcomes);
}

function close(): void {
  checkpoints.last();
  db.close();
  reply('closed');
  port?.close();
}
