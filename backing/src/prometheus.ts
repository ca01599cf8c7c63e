import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node } from './node.js';
import { freePort } from './port.js';
import { needProgram, type Program } from './programs.js';

export const PROMETHEUS: Program = { name: 'prometheus', package: 'prometheus' };

const START_MAX_MS = 20_000;

/** Starts Prometheus with this configuration; it ends with this process. Resolves with its address once it answers. */
export async function startPrometheus(folder: string, config: string): Promise<{ url: string; node: Node }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, 'prometheus.yml'), config);
  const node = await Node.start({
    name: `Prometheus on port ${port}`,
    folder,
    program: await needProgram(PROMETHEUS),
    args: ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`],
    lifetime: 'owner',
    stopSignal: 'SIGTERM',
    endSignal: 'SIGKILL',
    listens: [{ host: '127.0.0.1', port }],
    answers: async () => {
      const { ok, status } = await fetch(`${url}/-/ready`);
      if (!ok) throw new Error(`it answers ${status}`);
    },
    withinMs: START_MAX_MS,
  });
  return { url, node };
}
