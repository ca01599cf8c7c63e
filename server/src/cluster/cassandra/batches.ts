import type { Mutation } from './mutations.js';

/** Mutations of one partition: one write of its replicas, whole or not at all. */
export type Batch = [Mutation, ...Mutation[]];

/**
 * Cassandra's own limits of a batch (warning from 5 KB, refusal from 50 KB) are for batches of several partitions. Of one,
 * it takes 1 MB; but from here on a row costs no less, and whoever waits for a batch only waits longer.
 */
export const BATCH_MAX_BYTES = 16_384;
export const BATCH_MAX_MUTATIONS = 100;

/** Puts together what is of one partition, in as few batches as the bounds allow. */
export function batchesOf(mutations: Iterable<Mutation>): Batch[] {
  const batches: Batch[] = [];
  const open = new Map<string, { batch: Batch; bytes: number }>();
  for (const mutation of mutations) {
    const last = open.get(mutation.partition);
    if (last !== undefined && last.batch.length < BATCH_MAX_MUTATIONS && last.bytes + mutation.bytes <= BATCH_MAX_BYTES) {
      last.batch.push(mutation);
      last.bytes += mutation.bytes;
    } else {
      const batch: Batch = [mutation];
      batches.push(batch);
      open.set(mutation.partition, { batch, bytes: mutation.bytes });
    }
  }
  return batches;
}
