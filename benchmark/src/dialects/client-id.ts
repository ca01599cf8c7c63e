import { randomBytes } from 'node:crypto';
import { PLACES } from '../wire/masked-frame.js';

const STREAM_WIDTH = 5;
const RUN = randomBytes(8).toString('hex');

/** The client id of a stream's messages, which carries what the load wants to know when it comes back. */
export function clientIdPattern(stream: number): string {
  return `${RUN}-${String(stream).padStart(STREAM_WIDTH, '0')}-${PLACES.number}-${PLACES.stamp}`;
}

export interface ClientId {
  stream: number;
  number: number;
  stamp: number;
}

/** Reads a client id that begins at `at`. */
export function readClientId(text: string, at: number): ClientId {
  const streamAt = at + RUN.length + 1;
  const numberAt = streamAt + STREAM_WIDTH + 1;
  const stampAt = numberAt + PLACES.number.length + 1;
  return {
    stream: Number(text.slice(streamAt, streamAt + STREAM_WIDTH)),
    number: Number(text.slice(numberAt, numberAt + PLACES.number.length)),
    stamp: Number(text.slice(stampAt, stampAt + PLACES.stamp.length)),
  };
}

/** Content that begins with the stamp. */
export function contentPattern(bytes: number): string {
  return PLACES.stamp.padEnd(bytes, ' the quick brown fox jumps over the lazy dog');
}

/** A message as text. JSON escapes the characters that mark places; they are put back, for numbers are written over them. */
export function pattern(message: object): string {
  return JSON.stringify(message).replaceAll('\\u0001', '\u0001').replaceAll('\\u0002', '\u0002');
}
