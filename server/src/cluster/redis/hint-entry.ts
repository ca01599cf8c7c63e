import type { EntryHint, Hint } from '../../ports/relay.js';

/**
 * A hint in one field of an entry of a stream, which has a field for each of several hints: a line of words, a line of
 * recipients, then the frames as they are. The words count the hints from one server to another, so that the receiver sees when one is missing (R9).
 */
export interface HintEntry {
  /** The sending boot. */
  from: string;
  /** 1, 2, 3 … from this sender to this receiver. */
  count: number;
  hint: Hint;
}

export interface HintTarget {
  /** The sending boot. */
  from: string;
  count: number;
  /** Those of the receiver; null: no list (R12). */
  userIds: readonly string[] | null;
  /** The receiver has connections of the sender. */
  withSender: boolean;
}

/** The name of every field. */
export const FIELD = 'h';
const VERSION = '1';
const EVERYBODY = '*';
const LINE_END = 0x0a;
const EMPTY = new Uint8Array();

/** What the stream holds is not what a server of this version writes. */
export class PoisonEntry extends Error {
  override name = 'PoisonEntry';
}

export function encodeHint(hint: Hint, { from, count, userIds, withSender }: HintTarget): Buffer {
  const { frame } = hint;
  const own = withSender && hint.kind === 'entry' ? hint.ownFrame() : EMPTY;
  const more = hint.kind === 'entry' ? wordsOf(hint, own.byteLength) : [];
  const text = `${[VERSION, hint.kind, from, count, ...more].join(' ')}\n${userIds?.join(',') ?? EVERYBODY}\n`;
  const bytes = Buffer.allocUnsafe(text.length + frame.byteLength + own.byteLength);
  bytes.write(text, 'latin1');
  bytes.set(frame, text.length);
  bytes.set(own, text.length + frame.byteLength);
  return bytes;
}

/** The fields of an entry, each with its name, for `decodeHint`. */
export function fieldsOf(entry: readonly Buffer[]): Buffer[][] {
  return Array.from({ length: Math.ceil(entry.length / 2) }, (_, n) => entry.slice(2 * n, 2 * n + 2));
}

/** Throws `PoisonEntry`. */
export function decodeHint(field: readonly Buffer[]): HintEntry {
  const [name, bytes] = field;
  if (name?.toString('latin1') !== FIELD || bytes === undefined) throw new PoisonEntry('field');
  const end = bytes.indexOf(LINE_END);
  const start = bytes.indexOf(LINE_END, end + 1) + 1;
  if (end < 0 || start === 0) throw new PoisonEntry('lines');
  const words = bytes.toString('latin1', 0, end).split(' ');
  const list = bytes.toString('latin1', end + 1, start - 1);
  const userIds = list === EVERYBODY ? null : list.split(',');
  const [version, kind, from, count] = words;
  if (version !== VERSION || from === undefined || !isCount(Number(count))) throw new PoisonEntry('words');
  const frames = bytes.subarray(start);
  if (kind === 'entry') return { from, count: Number(count), hint: entryOf(words, frames, userIds) };
  if (kind !== 'event' || userIds === null) throw new PoisonEntry(`kind ${kind}`);
  return { from, count: Number(count), hint: { kind, frame: frames, userIds } };
}

function wordsOf({ conversationId, seq, createdAt, membersVersion, senderId }: EntryHint, ownBytes: number): (string | number)[] {
  return [conversationId, seq, createdAt, membersVersion, senderId, ownBytes];
}

function entryOf(words: string[], frames: Buffer, userIds: string[] | null): EntryHint {
  const [, , , , conversationId, seq, createdAt, version, senderId, ownBytes] = words;
  if (conversationId === undefined || senderId === undefined) throw new PoisonEntry('words of an entry');
  if (!isCount(Number(seq)) || ![createdAt, version].map(Number).every(Number.isSafeInteger)) throw new PoisonEntry('numbers');
  const end = frames.length - Number(ownBytes);
  if (!(end >= 0 && end <= frames.length)) throw new PoisonEntry('length of a frame');
  return {
    kind: 'entry',
    conversationId,
    seq: Number(seq),
    createdAt: Number(createdAt),
    membersVersion: Number(version),
    senderId,
    frame: frames.subarray(0, end),
    // Empty if the sender has no connection here; then nobody asks.
    ownFrame: () => frames.subarray(end),
    userIds,
  };
}

const isCount = (n: number) => Number.isSafeInteger(n) && n > 0;
