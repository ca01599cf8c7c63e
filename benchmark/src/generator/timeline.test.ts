import { describe, expect, test } from 'vitest';
import { Timeline } from './timeline.js';

describe('what a client has of a conversation', () => {
  test('a message that never came is missing, however many came after it', () => {
    const timeline = new Timeline(10);
    for (const seq of [11, 12, 14, 15]) expect(timeline.take(seq)).toBe(true);
    expect(timeline.upTo).toBe(12);
    expect(timeline.missing(15)).toBe(1);
    expect(timeline.missing(17)).toBe(3);
  });

  test('one that comes late closes its gap', () => {
    const timeline = new Timeline(0);
    for (const seq of [1, 3, 4, 2]) timeline.take(seq);
    expect(timeline.upTo).toBe(4);
    expect(timeline.missing(4)).toBe(0);
  });

  test('a repeat is seen, before a gap and behind it', () => {
    const timeline = new Timeline(0);
    for (const seq of [1, 3]) timeline.take(seq);
    expect(timeline.take(1)).toBe(false);
    expect(timeline.take(3)).toBe(false);
  });

  test('a lower seq after a higher one is out of order', () => {
    const timeline = new Timeline(0);
    expect([1, 3, 2, 4].map((seq) => timeline.inOrder(seq))).toEqual([true, true, false, true]);
  });
});
