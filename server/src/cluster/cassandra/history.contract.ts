import fc from 'fast-check';
import { expect } from 'vitest';
import type { Entry } from '../../ports/log.js';
import type { Archive } from '../archive.js';
import { BUCKET_SEQS } from './table.js';
import { conversation, deletionOf, editOf, message } from './temporary.contract.js';

/** At how many times something is written, in how many calls at once. */
const TIMES = 6;
const CALLS = 4;

/** What happened in a conversation, and when each entry is written, in which of the states in which a log has it. */
const history = fc.array(
  fc.record({
    what: fc.constantFrom('send', 'edit', 'edit', 'delete'),
    target: fc.nat(),
    writes: fc.array(fc.record({ state: fc.nat(), time: fc.nat({ max: TIMES - 1 }), call: fc.nat({ max: CALLS - 1 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 10 },
);
type Step = (typeof history extends fc.Arbitrary<infer Steps extends unknown[]> ? Steps : never)[number];

interface Line {
  /** From as it was made to as it is in the end. */
  states: [Entry, ...Entry[]];
  writes: Step['writes'];
}

/** A history, told: the log that it makes, and what an archive knows of it at each time. */
class Told {
  readonly conversationId = conversation();
  readonly #lines: Line[] = [];
  #clock = 1_770_000_000_000;

  constructor(steps: Step[]) {
    for (const step of steps) this.#tell(step);
  }

  get final(): Entry[] {
    return this.#lines.map(lastOf);
  }

  callsAt(time: number): Entry[][] {
    const calls: Entry[][] = Array.from({ length: CALLS }, () => []);
    for (const { states, writes } of this.#lines) {
      for (const write of writes) if (write.time === time) calls[write.call]?.push(stateOf(states, write.state));
    }
    return calls;
  }

  /** Of each message that was written, what the latest of its changes that was written made of it. */
  messagesAfter(time: number): Entry[] {
    const written = this.#lines.flatMap(({ states, writes }) =>
      writes.filter((write) => write.time <= time).map((write) => stateOf(states, write.state)),
    );
    return this.#lines
      .map(({ states }) => states[0])
      .filter(({ kind, seq }) => kind === 'message' && written.some((entry) => entry.seq === seq))
      .map((sent) => known(sent, written));
  }

  #tell({ what, target, writes }: Step): void {
    // So that the conversation lies on both sides of a border.
    const seq = BUCKET_SEQS - 3 + this.#lines.length;
    const open = this.#lines.filter((line) => lastOf(line).kind === 'message' && lastOf(line).deletedAt === null);
    const changed = open[target % Math.max(open.length, 1)];
    if (what === 'send' || changed === undefined) {
      const content = `sent as ${seq}`;
      this.#lines.push({ states: [message(this.conversationId, seq, { createdAt: this.#clock, content })], writes });
      return;
    }
    this.#clock += 1;
    const now = lastOf(changed);
    if (what === 'edit') {
      // Now greater, now less than what it replaces, for of equal times Cassandra keeps the greater value.
      const edit = editOf(now, seq, `${seq % 2 === 0 ? 'a' : 'z'} edit ${seq}`, this.#clock);
      changed.states.push({ ...now, content: edit.content, editedAt: this.#clock });
      this.#lines.push({ states: [edit], writes });
    } else {
      changed.states.push({ ...now, content: '', deletedAt: this.#clock });
      for (const { states } of this.#lines) if (isEditOf(states[0], now)) states.push({ ...states[0], content: '' });
      this.#lines.push({ states: [deletionOf(now, seq, this.#clock)], writes });
    }
  }
}

function known(sent: Entry, written: Entry[]): Entry {
  const own = written.filter(({ seq }) => seq === sent.seq);
  const edits = written.filter((entry) => isEditOf(entry, sent)).map(({ content, createdAt }) => ({ content, at: createdAt }));
  const folded = own.map(({ content, editedAt }) => ({ content, at: editedAt ?? 0 }));
  const deletions = written.filter(({ kind, detail }) => kind === 'delete' && detail?.target?.seq === sent.seq);
  const deletedAt = Math.max(0, ...deletions.map(({ createdAt }) => createdAt), ...own.map((entry) => entry.deletedAt ?? 0));
  const editedAt = Math.max(0, ...[...edits, ...folded].map(({ at }) => at));
  // An edit of what was deleted later comes without content: it tells that there was one, not what it said.
  const [latest] = [...edits, ...folded].filter(({ content }) => content !== '').sort((a, b) => b.at - a.at);
  return {
    ...sent,
    content: deletedAt > 0 ? '' : (latest?.content ?? ''),
    editedAt: editedAt === 0 ? null : editedAt,
    deletedAt: deletedAt === 0 ? null : deletedAt,
  };
}

const isEditOf = ({ kind, detail }: Entry, { seq }: Entry) => kind === 'edit' && detail?.target?.seq === seq;
const lastOf = ({ states }: Line) => states.at(-1) ?? states[0];
const stateOf = (states: Line['states'], index: number) => states[index % states.length] ?? states[0];

/** Whatever is written through two ways to one archive, in whatever order and how often: each row is what is known of it. */
export async function rowsAreWhatIsKnown(archives: [Archive, Archive], numRuns: number): Promise<void> {
  const [archive, other] = archives;
  const all = (conversationId: string) =>
    archive.read({ conversationId, from: 1, to: 3 * BUCKET_SEQS, limit: 3 * BUCKET_SEQS, newestFirst: false });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const told = new Told(steps);
      for (let time = 0; time < TIMES; time += 1) {
        await Promise.all(told.callsAt(time).map((entries, i) => (i % 2 === 0 ? archive : other).write(entries)));
        const messages = (await all(told.conversationId)).filter(({ kind }) => kind === 'message');
        expect(messages).toEqual(told.messagesAfter(time));
      }
      expect(await all(told.conversationId)).toEqual(told.final);
    }),
    { numRuns },
  );
}
