import { Load } from './load.js';
import type { FromGenerator, ToGenerator } from './plan.js';

// The generator: a process of its own, so that its work is not counted as the server's, nor the runner's as its lag.
let load: Load | null = null;
process.on('message', (message: ToGenerator) => {
  handle(message).catch((error: unknown) => {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect();
  });
});
process.on('disconnect', () => process.exit());

async function handle(message: ToGenerator): Promise<void> {
  if (message.type === 'plan') {
    load = new Load(message.plan, tell);
    return load.open();
  }
  if (load === null) throw new Error('no plan yet');
  if (message.type === 'go') await load.run();
  tell({ type: 'report', report: load.report() });
  load.close();
}

function tell(message: FromGenerator): void {
  process.send?.(message);
}
