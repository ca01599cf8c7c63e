import { parentPort, workerData } from 'node:worker_threads';
import type { FromReader, Read, ThreadData, ToReader } from './commands.js';
import { openSqlite } from './sqlite.js';
import { StatementCache } from './statement-cache.js';

/*
 * Answers reads. Each statement sees the newest commit, so whoever was told of a commit sees it here (in WAL mode a
 * statement of its own is a snapshot of its own).
 */
const port = parentPort;
if (port === null) throw new Error('reader-thread runs as a worker thread');

/** Answers that are ready do not wait for the rest of their batch longer than this. */
const HOLD_BACK_MS = 4;
const STATEMENTS_KEPT = 200;

const db = await openSqlite((workerData as ThreadData).path, [
  'query_only = ON',
  'busy_timeout = 5000',
  'cache_size = -4096',
  'temp_store = MEMORY',
  'mmap_size = 0',
]);
const statements = new StatementCache(db, STATEMENTS_KEPT);
const reply = (message: FromReader) => port.postMessage(message);

port.on('message', (message: ToReader) => {
  if (message === 'close') close();
  else answer(message);
});
reply('open');

function answer(reads: Read[]): void {
  let answers: (unknown[] | Error)[] = [];
  let heldSince = performance.now();
  for (const read of reads) {
    answers.push(rowsOf(read));
    if (performance.now() - heldSince < HOLD_BACK_MS) continue;
    reply(answers);
    answers = [];
    heldSince = performance.now();
  }
  if (answers.length > 0) reply(answers);
}

function rowsOf([sql, parameters, asObjects]: Read): unknown[] | Error {
  try {
    const statement = statements.get(sql);
    statement.setReturnArrays(!asObjects);
    return statement.all(...parameters);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function close(): void {
  db.close();
  reply('closed');
  port?.close();
}
