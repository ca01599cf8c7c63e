import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processRuntime } from '../host/runtime.js';
import type { Meter } from '../ports/meter.js';
import type { OpenStores } from '../ports/stage.contract.js';
import { openEmbedded, type EmbeddedOptions, type EmbeddedStores } from './open.js';

const silent: Meter = { count: () => {}, time: () => {}, set: () => {} };

/** A data directory that goes with the test. */
export async function temporaryDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'parley-store-'));
}

/** Opens a store; a fatal error fails the test as an unhandled one, unless it is expected. */
export function openIn(dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedStores> {
  const onFatal = (error: Error) => {
    throw error;
  };
  return openEmbedded({ dataDir, runtime: processRuntime, meter: silent, onFatal, ...more });
}

/** The embedded store as both nodes of a contract suite. */
export const openForContract: OpenStores = async () => {
  const dataDir = await temporaryDir();
  const stores = await openIn(dataDir);
  return {
    nodes: [stores, stores],
    close: async () => {
      await stores.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
