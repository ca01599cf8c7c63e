import type { Logger } from '../../../server/src/ports/logger.js';
import type { Meter } from '../../../server/src/ports/meter.js';
import type { Asker } from './asker.js';

/** A server that always runs: for models under the contract suites. */
export const immortal: Asker = { run: (task) => task(), state: 'runs', onDeath: () => undefined };

export const silentMeter: Meter = { count: () => undefined, time: () => undefined, set: () => undefined };
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
