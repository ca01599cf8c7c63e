import { isDeepStrictEqual } from 'node:util';
import { ChatEvent, PresenceEvent } from '@parley/protocol';
import { afterEach } from 'vitest';

/** Frames that came although no schema describes them. */
const undocumented: string[] = [];

/** Notes a frame of the server that is not, field by field, what its schema says. */
export function expectDocumented(frame: { type?: unknown }): void {
  const schema = frame.type === 'PRESENCE_UPDATE' ? PresenceEvent : ChatEvent;
  const parsed = schema.safeParse(frame);
  const wrong = parsed.success ? (isDeepStrictEqual(parsed.data, frame) ? null : 'unknown fields') : parsed.error.message;
  if (wrong !== null) undocumented.push(`${wrong}: ${JSON.stringify(frame).slice(0, 500)}`);
}

// A frame comes at any moment, and is told on at the end of the test during which it came.
afterEach(() => {
  const found = undocumented.splice(0);
  if (found.length > 0) throw new Error(`the server sent what its schemas do not describe:\n${found.slice(0, 3).join('\n')}`);
});
