import { run } from '../tools/tool.js';
import type { RunningServer } from './server.js';

/** Runs `npm run make-admin` beside the server, and gives what it said. */
export async function makeAdmin({ dataDir, stores }: RunningServer, ...args: string[]): Promise<string> {
  const { code, out, err } = await run('make-admin', dataDir, args, stores);
  if (code !== 0) throw new Error(err);
  return out;
}
