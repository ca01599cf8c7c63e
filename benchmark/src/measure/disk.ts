import { open, rm } from 'node:fs/promises';
import { fdatasync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Histogram, type Summary } from './histogram.js';

const PROBES = 300;
const BLOCK_BYTES = 4_096;

/** How long the disk under `folder` takes to append a block and sync it: no durable figure can be read without it. */
export async function probeDisk(folder: string): Promise<Summary> {
  const path = join(folder, 'disk-probe');
  const file = await open(path, 'w');
  const sync = promisify(fdatasync);
  const times = new Histogram();
  try {
    for (let i = 0; i < PROBES; i++) {
      await file.write(Buffer.alloc(BLOCK_BYTES, i));
      const from = performance.now();
      await sync(file.fd);
      times.add((performance.now() - from) * 1_000);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  return times.summary();
}
