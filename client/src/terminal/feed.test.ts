import { expect, test } from 'vitest';
import type { Message } from '../entries.js';
import type { TimelineItem } from '../timeline.js';
import { Feed } from './feed.js';

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  kind: 'message',
  id: `m${seq}`,
  seq,
  from: 'bob',
  createdAt: seq,
  ordinal: seq,
  content: `message ${seq}`,
  clientMessageId: null,
  editedAt: null,
  deletedAt: null,
  ...more,
});

test('each item is news once', () => {
  const feed = new Feed();
  expect(feed.take([message(1), message(2)]).map(({ item }) => item)).toEqual([message(1), message(2)]);
  expect(feed.take([message(1), message(2), message(3)]).map(({ item }) => item)).toEqual([message(3)]);
  expect(feed.take([message(1), message(2), message(3)])).toEqual([]);
});

test('one that comes late, below what was shown, is news too', () => {
  const feed = new Feed();
  feed.take([message(1), message(3)]);
  expect(feed.take([message(1), message(2), message(3)])).toEqual([{ item: message(2), isChange: false }]);
});

test('an edit and a deletion are changes', () => {
  const feed = new Feed();
  feed.take([message(1)]);
  expect(feed.take([message(1, { editedAt: 5 })])).toMatchObject([{ isChange: true }]);
  expect(feed.take([message(1, { editedAt: 5, deletedAt: 6 })])).toMatchObject([{ isChange: true }]);
  expect(feed.take([message(1, { editedAt: 5, deletedAt: 6 })])).toEqual([]);
});

test('gaps are no news, and what a timeline has dropped is forgotten', () => {
  const feed = new Feed();
  const gap: TimelineItem = { kind: 'gap', from: 1, to: 9 };
  expect(feed.take([gap])).toEqual([]);
  feed.take(Array.from({ length: 500 }, (_, i) => message(i)));
  feed.take([message(499)]);
  expect(feed.take([message(499)])).toEqual([]);
  expect(feed.take([message(0), message(499)])).toHaveLength(1);
});
