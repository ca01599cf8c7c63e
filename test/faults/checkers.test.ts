import { describe, expect, test } from 'vitest';
import { check, CHECKERS } from './checkers.js';
import { emptyHistory, type FinalDevice, type History, type LogEntry, type Seen } from './history.js';

const CHAT = 'chat';
const GROUP = 'group';

/** Ann and Bob write to each other, and are in a group that Bob was taken out of. All is well. */
function good(): History {
  const history = emptyHistory();
  history.places = [
    { conversationId: CHAT, kind: 'direct', two: ['ann', 'bob'], wasBlocked: false },
    { conversationId: GROUP, kind: 'group', two: [], wasBlocked: false },
  ];
  history.log = [
    entry(CHAT, 1, 'ann', { content: 'one' }),
    entry(CHAT, 2, 'bob', { content: 'two' }),
    entry(CHAT, 3, 'ann', { content: 'three' }),
    entry(GROUP, 1, 'ann', { kind: 'created', clientId: null }),
    entry(GROUP, 2, 'ann', { kind: 'added', concerns: 'bob', clientId: null }),
    entry(GROUP, 3, 'ann', { content: 'to all' }),
    entry(GROUP, 4, 'ann', { kind: 'removed', concerns: 'bob', clientId: null }),
    entry(GROUP, 5, 'ann', { content: 'alone' }),
  ];
  const messages = history.log.filter(({ kind }) => kind === 'message');
  history.sendings = messages.map(({ conversationId, seq, messageId, from, clientId, content, at }) => ({
    device: `${from}.1`,
    user: from,
    to: conversationId,
    clientMessageId: clientId ?? '',
    content,
    at,
    outcome: 'ok',
    endedAt: at + 1,
    place: { conversationId, seq, messageId },
    code: null,
  }));
  const readers = (of: LogEntry) => (of.conversationId === GROUP && of.seq > 4 ? ['ann'] : ['ann', 'bob']);
  for (const of of messages) {
    for (const user of readers(of)) history.shown.push(shown(user, of));
  }
  history.cursors = [1, 2, 3].map((upTo) => ({
    device: 'ann.1',
    life: 1,
    user: 'ann',
    conversationId: CHAT,
    of: 'bob',
    delivered: upTo,
    read: upTo - 1,
    at: 100 + upTo,
  }));
  history.stored = [stored('ann', CHAT, 0), stored('bob', CHAT, 1), stored('ann', GROUP, 5)];
  history.finals = [device('ann', history), device('bob', history)];
  history.fresh = [device('ann', history), device('bob', history)].map((each) => ({ ...each, device: `${each.user}.fresh` }));
  history.present = new Set(['ann', 'bob']);
  history.left = { 'in a queue': 0 };
  return history;
}

function entry(conversationId: string, seq: number, from: string, more: Partial<LogEntry>): LogEntry {
  const messageId = `${conversationId}-${seq}`;
  const what = { kind: 'message', content: '', concerns: null, target: null, clientId: `c-${messageId}` };
  return { conversationId, seq, messageId, senderId: from, from, at: 10 * seq, ...what, ...more };
}

const seenOf = ({ messageId, seq, from, content }: LogEntry): Seen => ({ messageId, seq, from, content, isDeleted: false });
const shown = (user: string, of: LogEntry, how: 'told' | 'found' = 'told') => ({
  ...seenOf(of),
  how,
  device: `${user}.1`,
  life: 1,
  user,
  conversationId: of.conversationId,
  at: of.at + 2,
});
const stored = (user: string, conversationId: string, read: number) => ({ user, conversationId, delivered: 3, read });

function device(user: string, { log, stored: cursors }: History): FinalDevice {
  const views = cursors
    .filter((each) => each.user === user)
    .map(({ conversationId, read, delivered }) => {
      const its = log.filter((each) => each.conversationId === conversationId && each.kind === 'message');
      const unread = its.filter(({ seq, from }) => seq > read && from !== user).length;
      return {
        conversationId,
        summary: { unread, read, delivered, lastSeq: its.length },
        messages: its.map(seenOf),
        hasGap: false,
      };
    });
  const other = user === 'ann' ? 'bob' : 'ann';
  return { device: `${user}.1`, user, isLive: true, unsettled: 0, views, presence: { [other]: 'online' } };
}

/** What goes wrong, and who sees it. */
const BAD: readonly [checker: string, what: string, spoil: (history: History) => void][] = [
  ['no loss', 'a message that was acknowledged is not shown', ({ finals }) => drop(finals, 0)],
  ['no duplicate', 'a message is told twice', ({ shown: all, log }) => void all.push(shown('bob', log[0] as LogEntry))],
  ['no duplicate', 'one send is two entries', ({ log }) => void log.push(entry(CHAT, 4, 'ann', { clientId: `c-${CHAT}-1` }))],
  [
    'no phantom',
    'somebody is shown what nobody wrote',
    ({ shown: all }) => void Object.assign(all[0] ?? {}, { content: 'else' }),
  ],
  [
    'no phantom',
    'what was refused is in the log',
    ({ sendings }) => void Object.assign(sendings[0] ?? {}, { outcome: 'fail', code: 'blocked' }),
  ],
  ['same order', 'a later one is told first', ({ shown: all }) => void all.splice(0, 5, ...all.slice(0, 5).reverse())],
  [
    'same order',
    'a seq is another message elsewhere',
    ({ shown: all }) => void Object.assign(all[1] ?? {}, { messageId: 'other', how: 'found' }),
  ],
  ["sender's order", 'an earlier one comes later', ({ sendings }) => void sendings.reverse()],
  ['unique seqs', 'a seq is given twice', ({ log }) => void log.push(entry(CHAT, 3, 'bob', { messageId: 'again' }))],
  ['unique seqs', 'a seq is left out', ({ log }) => void log.push(entry(CHAT, 5, 'bob', {}))],
  ['monotone cursors', 'a cursor goes back', ({ cursors }) => void cursors.reverse()],
  [
    'receipts imply delivery',
    'somebody is said to have what they have not',
    (history) => void (history.shown = history.shown.filter(({ user, seq }) => user !== 'bob' || seq !== 3)),
  ],
  ['exact unread', 'one unread too many', ({ finals }) => raise(finals, 'unread')],
  ['history is the log', 'a page lacks one', ({ fresh }) => drop(fresh, 1)],
  ['old state is fresh', 'a device did not hear of a cursor', ({ finals }) => raise(finals, 'delivered')],
  ['old state is fresh', 'a device does not know a conversation', ({ finals }) => forget(finals)],
  [
    'removed see nothing',
    'who was removed is shown more',
    ({ shown: all, log }) => void all.push(shown('bob', log[7] as LogEntry)),
  ],
  ['presence converges', 'somebody who is gone is shown as online', (history) => void (history.present = new Set(['ann']))],
  ['queues empty', 'something is left', ({ left }) => void Object.assign(left, { 'in a queue': 1 })],
  ['live after heal', 'a device does not come back', ({ finals }) => void Object.assign(finals[0] ?? {}, { isLive: false })],
  ['live after heal', 'a message is never answered', ({ finals }) => void Object.assign(finals[0] ?? {}, { unsettled: 1 })],
  [
    'refusals are due',
    'a message is refused for no reason',
    ({ sendings }) => void Object.assign(sendings[0] ?? {}, { outcome: 'fail', code: 'internal' }),
  ],
  ['no fault', 'a server tells of a fault', ({ faults }) => void faults.push('s1: broken')],
];

function drop(devices: FinalDevice[], index: number): void {
  const [first] = devices;
  const views = first?.views.map((view, n) =>
    n === 0 ? { ...view, messages: view.messages.filter((_, at) => at !== index) } : view,
  );
  devices[0] = { ...(first as FinalDevice), views: views ?? [] };
}

function raise(devices: FinalDevice[], field: 'unread' | 'delivered'): void {
  const [first] = devices;
  const views = first?.views.map((view) => ({ ...view, summary: { ...view.summary, [field]: view.summary[field] + 1 } }));
  devices[0] = { ...(first as FinalDevice), views: views ?? [] };
}

function forget(devices: FinalDevice[]): void {
  devices[0] = { ...(devices[0] as FinalDevice), views: [] };
}

describe('the checkers', () => {
  test('find nothing where all is well', () => {
    expect(check(good())).toEqual([]);
  });

  for (const [checker, what, spoil] of BAD) {
    test(`${checker}: ${what}`, () => {
      const history = good();
      spoil(history);
      expect(CHECKERS[checker]?.(history).length).toBeGreaterThan(0);
    });
  }

  test('each is seen red', () => {
    expect(Object.keys(CHECKERS).filter((checker) => !BAD.some(([red]) => red === checker))).toEqual([]);
  });

  test('an unknown outcome is no failure: the message may be there or not', () => {
    const history = good();
    Object.assign(history.sendings[0] ?? {}, { outcome: 'info', place: null });
    expect(check(history)).toEqual([]);
  });
});
