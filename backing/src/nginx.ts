import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node } from './node.js';
import { freePort } from './port.js';
import { needProgram, type Program } from './programs.js';

export const NGINX: Program = { name: 'nginx', package: 'nginx', folders: ['/usr/sbin'] };

const START_MAX_MS = 10_000;

/** Starts nginx with what `configFor` gives for a free port; it ends with this process. Resolves with its address. */
export async function startNginx(folder: string, configFor: (port: number) => string): Promise<{ url: string; node: Node }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configFor(port));
  const node = await Node.start({
    name: `nginx on port ${port}`,
    folder,
    program: await needProgram(NGINX),
    // The log before it has read where it is to log.
    args: ['-c', config, '-e', 'stderr', '-g', 'daemon off;'],
    lifetime: 'owner',
    stopSignal: 'SIGTERM',
    // SIGKILL would leave its workers.
    endSignal: 'SIGTERM',
    listens: [{ host: '127.0.0.1', port }],
    answers: async () => void (await fetch(url)),
    withinMs: START_MAX_MS,
  });
  return { url, node };
}
