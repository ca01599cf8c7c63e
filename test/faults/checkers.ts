import { Memberships } from './memberships.js';
import type { FinalDevice, History, LogEntry, Seen, View } from './history.js';

/** Gives a line for each violation. Linear, or n log n, in the length of the history. */
export type Checker = (history: History) => string[];

const keyOf = (conversationId: string, seq: number) => `${conversationId} ${seq}`;
const messagesOf = ({ log }: History) => log.filter(({ kind }) => kind === 'message');
const whereOf = ({ device, life, conversationId }: { device: string; life: number; conversationId: string }) =>
  `${device} (start ${life}) in ${conversationId}`;

/** D1: what was acknowledged is on every device of every member, and stays there. */
const noLoss: Checker = (history) => {
  const memberships = new Memberships(history);
  const views = new Map<string, ReadonlySet<string>>();
  for (const device of [...history.finals, ...history.fresh]) {
    for (const view of device.views) {
      views.set(`${device.device} ${view.conversationId}`, new Set(view.messages.map(({ messageId }) => messageId)));
    }
  }
  const lost: string[] = [];
  for (const { outcome, place, content } of history.sendings) {
    if (outcome !== 'ok' || place === null) continue;
    for (const { device, user } of [...history.finals, ...history.fresh]) {
      if (!memberships.isIn(user, place.conversationId)) continue;
      if (views.get(`${device} ${place.conversationId}`)?.has(place.messageId) === true) continue;
      lost.push(`${JSON.stringify(content)}, acknowledged as ${place.conversationId} ${place.seq}, is not on ${device}`);
    }
  }
  return lost;
};

/** D3, D4: one message is one entry, and is told once to each device; again only to who was out and came back. */
const noDuplicate: Checker = (history) => {
  const memberships = new Memberships(history);
  const wrong: string[] = [];
  const ids = new Map<string, LogEntry>();
  for (const entry of messagesOf(history)) {
    if (entry.clientId === null) continue;
    const key = `${entry.conversationId} ${entry.senderId} ${entry.clientId}`;
    const first = ids.get(key);
    if (first !== undefined)
      wrong.push(`${entry.clientId} of ${entry.from} is ${first.seq} and ${entry.seq} of ${entry.conversationId}`);
    ids.set(key, entry);
  }
  const told = new Set<string>();
  for (const shown of history.shown) {
    if (shown.how !== 'told') continue;
    const key = `${shown.device} ${shown.life} ${shown.messageId}`;
    if (told.has(key) && !memberships.wasOut(shown.user, shown.conversationId))
      wrong.push(`${shown.messageId} was told twice to ${whereOf(shown)}`);
    told.add(key);
  }
  for (const device of [...history.finals, ...history.fresh]) {
    for (const { messages, conversationId } of device.views) {
      if (new Set(messages.map(({ messageId }) => messageId)).size < messages.length)
        wrong.push(`${device.device} shows a message of ${conversationId} twice`);
    }
  }
  return wrong;
};

/** Nothing is shown that nobody wrote, and nothing that was refused is there. */
const noPhantom: Checker = (history) => {
  const wrong: string[] = [];
  const written = new Map<string, { entry: LogEntry; contents: Set<string> }>();
  for (const entry of history.log) {
    if (entry.kind === 'message')
      written.set(keyOf(entry.conversationId, entry.seq), { entry, contents: new Set([entry.content]) });
    if (entry.kind === 'edit') written.get(keyOf(entry.conversationId, entry.target ?? 0))?.contents.add(entry.content);
  }
  const check = (seen: Seen, conversationId: string, where: string) => {
    const there = written.get(keyOf(conversationId, seen.seq));
    if (there?.entry.messageId !== seen.messageId || there.entry.from !== seen.from) {
      wrong.push(`${where} shows ${seen.messageId} of ${seen.from} as ${seen.seq}, which the log has not`);
    } else if (!seen.isDeleted && !there.contents.has(seen.content)) {
      wrong.push(`${where} shows ${JSON.stringify(seen.content)} as ${seen.seq}, which nobody wrote`);
    }
  };
  for (const shown of history.shown) check(shown, shown.conversationId, whereOf(shown));
  for (const { device, views } of [...history.finals, ...history.fresh]) {
    for (const { messages, conversationId } of views)
      for (const seen of messages) check(seen, conversationId, `${device} in ${conversationId}`);
  }
  const ids = new Set(messagesOf(history).map(({ from, clientId }) => `${from} ${clientId}`));
  for (const { outcome, user, clientMessageId, code } of history.sendings) {
    if (outcome === 'fail' && code !== 'client_id_reused' && ids.has(`${user} ${clientMessageId}`))
      wrong.push(`${clientMessageId} of ${user} was refused (${code}) and is in the log`);
  }
  return wrong;
};

/**
 * D2: every timeline is in the order of seqs, and a seq is the same message everywhere. What is told as new is too, but
 * to who was out for a while: a gap from before cannot be filled then, and what is under way comes late.
 */
const sameOrder: Checker = (history) => {
  const memberships = new Memberships(history);
  const wrong: string[] = [];
  const last = new Map<string, number>();
  const bySeq = new Map<string, string>();
  for (const shown of history.shown) {
    const key = keyOf(shown.conversationId, shown.seq);
    const known = bySeq.get(key) ?? shown.messageId;
    bySeq.set(key, known);
    if (known !== shown.messageId) wrong.push(`${shown.seq} is another message at ${whereOf(shown)} than elsewhere`);
    if (shown.how !== 'told' || memberships.wasOut(shown.user, shown.conversationId)) continue;
    const line = `${shown.device} ${shown.life} ${shown.conversationId}`;
    if (shown.seq <= (last.get(line) ?? 0)) wrong.push(`${shown.seq} was told after ${last.get(line)} to ${whereOf(shown)}`);
    last.set(line, shown.seq);
  }
  for (const { device, views } of [...history.finals, ...history.fresh]) {
    for (const { messages, conversationId } of views) {
      if (messages.some(({ seq }, index) => index > 0 && seq <= (messages[index - 1]?.seq ?? 0)))
        wrong.push(`${device} shows ${conversationId} out of order`);
    }
  }
  return wrong;
};

/**
 * D2: what one device sends to one conversation, one after the other, stays in that order. Not where it was refused for
 * good in between, by a block or because the sender was out: of a refusal that does not arrive the device knows nothing,
 * and sends that one again.
 */
const senderOrder: Checker = (history) => {
  const memberships = new Memberships(history);
  const blocked = new Set(history.places.filter(({ wasBlocked }) => wasBlocked).map(({ conversationId }) => conversationId));
  const last = new Map<string, number>();
  return history.sendings.flatMap(({ device, user, to, place, outcome, content }) => {
    if (outcome !== 'ok' || place === null) return [];
    if (blocked.has(place.conversationId) || memberships.wasOut(user, place.conversationId)) return [];
    const line = `${device} ${to} ${place.conversationId}`;
    const before = last.get(line) ?? 0;
    last.set(line, Math.max(before, place.seq));
    return place.seq > before ? [] : [`${JSON.stringify(content)} of ${device} is ${place.seq}, after a later one at ${before}`];
  });
};

/** R1, R5: seqs are dense and each is one entry; ids are unique. */
const uniqueSeqs: Checker = ({ log }) => {
  const wrong: string[] = [];
  const seqs = new Map<string, LogEntry>();
  const ids = new Set<string>();
  const last = new Map<string, number>();
  for (const entry of log) {
    const key = keyOf(entry.conversationId, entry.seq);
    if (seqs.has(key)) wrong.push(`seq ${entry.seq} of ${entry.conversationId} was given twice`);
    if (ids.has(entry.messageId)) wrong.push(`id ${entry.messageId} was given twice`);
    const before = last.get(entry.conversationId) ?? 0;
    if (entry.seq > before + 1) wrong.push(`${entry.conversationId} has no entry between ${before} and ${entry.seq}`);
    seqs.set(key, entry);
    ids.add(entry.messageId);
    last.set(entry.conversationId, Math.max(before, entry.seq));
  }
  return wrong;
};

/** R20: nobody's cursor goes back, as any device is told it. Not of who was out: whoever comes back begins anew. */
const monotoneCursors: Checker = (history) => {
  const memberships = new Memberships(history);
  const last = new Map<string, { delivered: number; read: number }>();
  return history.cursors.flatMap(({ device, life, conversationId, of, delivered, read }) => {
    const line = `${device} ${life} ${conversationId} ${of}`;
    const before = last.get(line) ?? { delivered: 0, read: 0 };
    last.set(line, { delivered, read });
    return (delivered >= before.delivered && read >= before.read) || memberships.wasOut(of, conversationId)
      ? []
      : [
          `${device} was told that ${of} is at ${delivered}/${read} in ${conversationId}, after ${before.delivered}/${before.read}`,
        ];
  });
};

/**
 * D5: who is told to have received a message has it on a device, by then. A device that starts anew reads the newest page
 * only: what was there before is received with it.
 */
const receiptsImplyDelivery: Checker = (history) => {
  const wrong: string[] = [];
  const firstAt = new Map<string, number>();
  for (const { user, conversationId, seq, at } of history.shown) {
    const key = `${user} ${keyOf(conversationId, seq)}`;
    if (!firstAt.has(key)) firstAt.set(key, at);
  }
  const memberships = new Memberships(history);
  const byPlace = byConversation(messagesOf(history));
  const checked = new Map<string, number>();
  const starts = new Map<string, number[]>();
  for (const { user, at } of history.starts) starts.set(user, [...(starts.get(user) ?? []), at]);
  for (const { of, conversationId, delivered, at } of history.cursors) {
    const line = `${of} ${conversationId}`;
    const upTo = checked.get(line) ?? 0;
    checked.set(line, Math.max(upTo, delivered));
    // Each message once, for the first receipt that covers it.
    for (const { seq, from, at: writtenAt } of between(byPlace.get(conversationId) ?? [], upTo, delivered)) {
      const isOld = (starts.get(of) ?? []).some((startedAt) => startedAt <= at && startedAt >= writtenAt);
      if (from === of || isOld || !memberships.isOwed(of, conversationId, seq, at)) continue;
      const shownAt = firstAt.get(`${of} ${keyOf(conversationId, seq)}`);
      if (shownAt === undefined || shownAt > at)
        wrong.push(`${of} is said to have received ${seq} of ${conversationId}, and has not`);
    }
  }
  return wrong;
};

function byConversation(entries: readonly LogEntry[]): Map<string, LogEntry[]> {
  const found = new Map<string, LogEntry[]>();
  for (const entry of entries) {
    const its = found.get(entry.conversationId);
    if (its === undefined) found.set(entry.conversationId, [entry]);
    else its.push(entry);
  }
  return found;
}

/** Entries with low < seq ≤ high, by bisection: those of one conversation are in the order of their seqs. */
function between(entries: readonly LogEntry[], low: number, high: number): readonly LogEntry[] {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((entries[middle]?.seq ?? 0) <= low) from = middle + 1;
    else to = middle;
  }
  let end = from;
  while (end < entries.length && (entries[end]?.seq ?? 0) <= high) end++;
  return entries.slice(from, end);
}

/** Unread is the messages of others after the read cursor, on every device. */
const unreadExact: Checker = (history) => {
  const byPlace = byConversation(messagesOf(history));
  const memberships = new Memberships(history);
  const cursors = new Map(history.stored.map((stored) => [`${stored.user} ${stored.conversationId}`, stored]));
  return [...history.finals, ...history.fresh].flatMap(({ device, user, views }) =>
    views.flatMap(({ conversationId, summary }) => {
      const read = Math.max(cursors.get(`${user} ${conversationId}`)?.read ?? 0, memberships.joinedSeq(user, conversationId) - 1);
      const unread = (byPlace.get(conversationId) ?? []).filter(({ seq, from }) => seq > read && from !== user).length;
      return summary.unread === unread
        ? []
        : [`${device} shows ${summary.unread} unread of ${conversationId}, and ${unread} are (read up to ${read})`];
    }),
  );
};

/** What history gives to who has just come is what was committed, each once. */
const historyIsTheLog: Checker = (history) => {
  const byPlace = byConversation(messagesOf(history));
  return history.fresh.flatMap(({ device, views }) =>
    views.flatMap(({ conversationId, messages, hasGap }) => {
      const expected = (byPlace.get(conversationId) ?? []).map(({ messageId }) => messageId).join(' ');
      const got = messages.map(({ messageId }) => messageId).join(' ');
      return got === expected && !hasGap
        ? []
        : [`the history of ${conversationId} that ${device} read is not what was committed`];
    }),
  );
};

/** Old state + events = freshly fetched state. */
const oldIsFresh: Checker = ({ finals, fresh }) => {
  const byUser = new Map(fresh.map((device) => [device.user, device]));
  return finals.flatMap((old) => {
    const now = byUser.get(old.user);
    return now === undefined ? [] : differences(old, now);
  });
};

function differences(old: FinalDevice, now: FinalDevice): string[] {
  const views = new Map(now.views.map((view) => [view.conversationId, view]));
  const missing = now.views.filter(({ conversationId }) => !old.views.some((view) => view.conversationId === conversationId));
  return [
    ...missing.map(({ conversationId }) => `${old.device} does not know ${conversationId}`),
    ...old.views.flatMap((view) => {
      const other = views.get(view.conversationId);
      if (other === undefined) return [`${old.device} still knows ${view.conversationId}`];
      return differ(old.device, view, other);
    }),
  ];
}

function differ(device: string, old: View, now: View): string[] {
  const wrong: string[] = [];
  if (old.hasGap) wrong.push(`${device} has a gap in ${old.conversationId}`);
  for (const [field, value] of Object.entries(now.summary)) {
    const had = JSON.stringify(old.summary[field]);
    if (had !== JSON.stringify(value))
      wrong.push(`${device} has ${field} ${had} of ${old.conversationId}, where it is ${JSON.stringify(value)}`);
  }
  const tellAll = (messages: readonly Seen[]) => messages.map(({ messageId, content }) => `${messageId} ${content}`).join('\n');
  if (tellAll(old.messages) !== tellAll(now.messages))
    wrong.push(`${device} shows other messages of ${old.conversationId} than there are`);
  return wrong;
}

/** D7: who was taken out sees nothing of what came then. */
const removedSeeNothing: Checker = (history) => {
  const memberships = new Memberships(history);
  return history.shown.flatMap((shown) =>
    memberships.mayHaveSeen(shown.user, shown.conversationId, shown.seq, shown.at)
      ? []
      : [`${shown.seq} was shown to ${whereOf(shown)}, who was not a member`],
  );
};

/** P1: in the end everybody who is looked at is shown as they are. */
const presenceConverges: Checker = ({ finals, present }) =>
  finals.flatMap(({ device, presence }) =>
    Object.entries(presence).flatMap(([username, status]) => {
      const isHere = present.has(username);
      return (status === 'offline') === !isHere
        ? []
        : [`${device} shows ${username} as ${status}, who is ${isHere ? '' : 'not '}here`];
    }),
  );

/** D9: what was queued is gone. */
const queuesEmpty: Checker = ({ left }) =>
  Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} left: ${name}`);

/** D11: after the last fault everybody is connected, and everything is answered. */
const liveAfterHeal: Checker = ({ finals, fresh }) =>
  [...finals, ...fresh].flatMap(({ device, isLive, unsettled }) => [
    ...(isLive ? [] : [`${device} is not connected`]),
    ...(unsettled === 0 ? [] : [`${unsettled} messages of ${device} are not settled`]),
  ]);

const DUE = new Set(['not_member', 'blocked', 'group_closed', 'not_allowed']);

/** Only who may not write is refused for good. */
const refusalsAreDue: Checker = ({ sendings }) =>
  sendings.flatMap(({ outcome, code, device, content }) =>
    outcome !== 'fail' || DUE.has(code ?? '') ? [] : [`${JSON.stringify(content)} of ${device} was refused: ${code}`],
  );

/** Nothing happened that nobody foresaw. */
const noFault: Checker = ({ faults }) => faults;

export const CHECKERS: Readonly<Record<string, Checker>> = {
  'no loss': noLoss,
  'no duplicate': noDuplicate,
  'no phantom': noPhantom,
  'same order': sameOrder,
  "sender's order": senderOrder,
  'unique seqs': uniqueSeqs,
  'monotone cursors': monotoneCursors,
  'receipts imply delivery': receiptsImplyDelivery,
  'exact unread': unreadExact,
  'history is the log': historyIsTheLog,
  'old state is fresh': oldIsFresh,
  'removed see nothing': removedSeeNothing,
  'presence converges': presenceConverges,
  'queues empty': queuesEmpty,
  'live after heal': liveAfterHeal,
  'refusals are due': refusalsAreDue,
  'no fault': noFault,
};

export interface Violation {
  checker: string;
  what: string;
}

export function check(history: History): Violation[] {
  return Object.entries(CHECKERS).flatMap(([checker, run]) => run(history).map((what) => ({ checker, what })));
}
