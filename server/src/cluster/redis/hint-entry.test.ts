import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHint, encodeHint, FIELD, fieldsOf, PoisonEntry } from './hint-entry.js';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const id = fc.uuid();
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('hint entry', () => {
  it('what is decoded is what was encoded, whatever bytes the frames have', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.option(fc.array(id, { minLength: 1, maxLength: 5 })), count, id, fc.boolean(), (...given) => {
        const [frame, own, userIds, n, from, withSender] = given;
        const entry = { conversationId: from, seq: n, createdAt: n, membersVersion: n, senderId: from };
        const sent = { kind: 'entry', ...entry, frame, ownFrame: () => own, userIds } as const;
        const got = decodeHint([Buffer.from(FIELD), encodeHint(sent, { from, count: n, userIds, withSender })]);
        expect(got).toMatchObject({ from, count: n, hint: { kind: 'entry', ...entry, userIds } });
        expect(Buffer.from(got.hint.frame)).toEqual(frame);
        if (got.hint.kind === 'entry') expect(Buffer.from(got.hint.ownFrame())).toEqual(withSender ? own : Buffer.alloc(0));
        if (userIds === null) return;
        const event = { kind: 'event', frame, userIds } as const;
        const again = decodeHint([Buffer.from(FIELD), encodeHint(event, { from, count: n, userIds, withSender })]);
        expect({ ...again.hint, frame: Buffer.from(again.hint.frame) }).toEqual(event);
      }),
    );
  });

  it('an entry of several hints is taken apart into each; what is left over is poison', () => {
    const hint = (n: number) =>
      encodeHint(
        { kind: 'event', frame: Buffer.from(`frame ${n}`), userIds: ['bob'] },
        { from: 'a', count: n, userIds: ['bob'], withSender: false },
      );
    const name = Buffer.from(FIELD);
    const [one, two, left] = fieldsOf([name, hint(1), name, hint(2), name]);
    expect([one, two].map((field) => decodeHint(field ?? []).count)).toEqual([1, 2]);
    expect(() => decodeHint(left ?? [])).toThrow(PoisonEntry);
  });

  it('any other bytes are decoded to a hint or refused as poison', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            bytes,
            fc.string().map((text) => Buffer.from(`1 ${text}\n\n`)),
          ),
        ),
        (fields) => {
          try {
            decodeHint([Buffer.from(FIELD), ...fields]);
          } catch (error) {
            expect(error).toBeInstanceOf(PoisonEntry);
          }
        },
      ),
    );
  });
});
