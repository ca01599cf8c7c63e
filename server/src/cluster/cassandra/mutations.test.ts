import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_MAX_BYTES, BATCH_MAX_MUTATIONS, batchesOf } from './batches.js';
import { mutationsOf } from './mutations.js';
import { BUCKET_SEQS } from './table.js';
import { deletionOf, editOf, message, range } from './temporary.contract.js';

const timesOf = (...args: Parameters<typeof mutationsOf>) =>
  mutationsOf(...args).map(({ params }) => params.filter((value) => typeof value === 'bigint' && value > 10n ** 15n));

describe('what writing an entry does', () => {
  it('R19 is written with the time of the entry, in microseconds', () => {
    expect(timesOf(message('c', 1, { createdAt: 1_770_000_000_123 }))).toEqual([[1_770_000_000_123_000n]]);
  });

  it('R18 a change of a message has the time of the change, folded in or not', () => {
    const sent = message('c', 1, { createdAt: 1_770_000_000_001 });
    const edit = editOf(sent, 2, 'better', 1_770_000_000_002);
    const folded = { ...sent, content: 'better', editedAt: edit.createdAt };
    const [, byEdit] = mutationsOf(edit);
    const [own, byFold] = mutationsOf(folded);
    expect(byFold).toEqual(byEdit);
    expect(own?.params).not.toContain('better');
    const deletion = deletionOf(sent, 3, 1_770_000_000_003);
    const gone = { ...folded, content: '', deletedAt: deletion.createdAt };
    expect(mutationsOf(gone)[2]).toEqual(mutationsOf(deletion)[1]);
    expect(timesOf(gone).flat()).toEqual([1n, 2n, 3n].map((ms) => (1_770_000_000_000n + ms) * 1_000n));
  });

  it('a null is never written', () => {
    const sent = message('c', 1, { clientId: null });
    for (const { params } of [sent, editOf(sent, 2, ''), deletionOf(sent, 3)].flatMap(mutationsOf)) {
      expect(params).not.toContain(null);
    }
  });
});

describe('batches', () => {
  const entry = fc
    .record({
      chat: fc.constantFrom('a', 'b', 'c'),
      seq: fc.integer({ min: BUCKET_SEQS - 50, max: BUCKET_SEQS + 50 }),
      chars: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 16_384 })),
      target: fc.option(fc.integer({ min: 1, max: 900 })),
    })
    .map(({ chat, seq, chars, target }) => {
      const content = 'x'.repeat(chars);
      return target === null ? message(chat, seq, { content }) : editOf(message(chat, target), seq, content);
    });

  it('never span partitions, lose nothing, and stay within their bounds', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
        const mutations = entries.flatMap(mutationsOf);
        const batches = batchesOf(mutations);
        expect(new Set(batches.flat())).toEqual(new Set(mutations));
        for (const batch of batches) {
          expect(new Set(batch.map(({ partition }) => partition)).size).toBe(1);
          expect(batch.length).toBeLessThanOrEqual(BATCH_MAX_MUTATIONS);
          const bytes = batch.reduce((sum, mutation) => sum + mutation.bytes, 0);
          expect(batch.length === 1 || bytes <= BATCH_MAX_BYTES).toBe(true);
        }
      }),
    );
  });

  it('are one for a burst of short messages in one conversation', () => {
    expect(batchesOf(range(1, 50).flatMap((seq) => mutationsOf(message('c', seq))))).toHaveLength(1);
  });
});
