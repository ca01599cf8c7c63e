import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entry, range, refusal } from '../../ports/stage.contract.js';
import { hasPostgres, TwoServers } from './temporary.contract.js';

describe.runIf(hasPostgres)('locks', () => {
  const two = new TwoServers();
  const { stage } = two;

  it('R2 whatever two servers do at once to the same people and chats, nothing deadlocks', { timeout: 60_000 }, async () => {
    const people = await stage.people(6);
    const person = (n: number) => people[n % people.length] as string;
    const chats = await Promise.all(range(1, 5).map((n) => stage.direct(person(n), person(n + 1))));
    const groups = await Promise.all(
      range(1, 5).map((n) =>
        stage.group(
          person(n),
          people.filter((each) => each !== person(n)),
        ),
      ),
    );
    const conversations = [...chats, ...groups];
    const answers = await Promise.all(
      range(1, 1_500).map((n) => {
        const conversationId = conversations[(n * 7) % conversations.length] as string;
        const node = stage.node(n);
        const userId = person(n * 5);
        switch (n % 9) {
          case 0:
            return refusal(node.offline.note(conversationId, people, n, Date.now()));
          case 1:
            return refusal(node.offline.rebuild(userId, Date.now()));
          case 2:
            return refusal(node.contacts.setBlock(userId, person(n * 5 + 1), n % 2 === 0, Date.now()));
          case 3:
            return refusal(node.conversations.openDirect(userId, person(n * 5 + 2), randomUUID(), Date.now()));
          case 4:
          case 5:
            return refusal(node.log.moveCursor({ conversationId, userId, delivered: n, read: n - 20 }));
          case 6:
            return refusal(
              stage.change(
                groups[n % groups.length] as string,
                userId,
                {
                  membersVersion: 1,
                  entries: [entry('role', { detail: { userId } })],
                  members: [{ userId, role: 'admin', entry: 0 }],
                },
                n,
              ),
            );
          default:
            return refusal(stage.send(conversationId, userId, { clientId: `${n % 300}`, content: `${n % 300}` }, n));
        }
      }),
    );
    expect(answers).not.toContain('overloaded');
    const [stats] = await two.database.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(Number(stats?.deadlocks)).toBe(0);
    for (const conversationId of conversations) {
      const log = await stage.entries(conversationId);
      expect(log.map(({ seq }) => seq)).toEqual(range(1, log.length));
    }
  });
});
