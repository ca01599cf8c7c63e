import { mkdirSync, writeFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

// Loaded into every thread of a server under test by `NODE_OPTIONS=--import`: `--cpu-prof` would not reach the threads
// of the store, which are started without the options of the process.
const folder = process.env['BENCH_PROFILE_DIR'];
if (folder !== undefined) profileTo(folder);

function profileTo(dir: string): void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.once('exit', () => {
    session.post('Profiler.stop', (error: Error | null, stopped: Profiler.StopReturnType) => {
      if (error !== null) return;
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, `thread-${threadId}.cpuprofile`), JSON.stringify(stopped.profile));
    });
  });
}
