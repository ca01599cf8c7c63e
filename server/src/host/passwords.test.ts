import { Refusal } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { Argon2Passwords, HASH_COST } from './passwords.js';

const cheap = { memoryKiB: 8, passes: 1, lanes: 1 };

describe('Argon2Passwords', () => {
  test('argon2id with the agreed parameters', async () => {
    const hash = await new Argon2Passwords({ atOnce: 1 }).hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(HASH_COST).toEqual({ memoryKiB: 19_456, passes: 2, lanes: 1 });
  });

  test('verifies what it hashed, and nothing else', async () => {
    const passwords = new Argon2Passwords({ atOnce: 2, cost: cheap });
    const hash = await passwords.hash('correct horse');
    expect(await passwords.verify(hash, 'correct horse')).toBe(true);
    expect(await passwords.verify(hash, 'Correct horse')).toBe(false);
    expect(await passwords.hash('correct horse')).not.toBe(hash);
  });

  test('the same letters, composed or not, are the same password', async () => {
    const passwords = new Argon2Passwords({ atOnce: 1, cost: cheap });
    expect(await passwords.verify(await passwords.hash('cafe\u0301 au lait'), 'caf\u00e9 au lait')).toBe(true);
  });

  test('D9: so many at once, so many waiting, and the rest refused before anything is done', async () => {
    const passwords = new Argon2Passwords({ atOnce: 1, waitingMax: 2, cost: cheap });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => passwords.hash('correct horse')));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Refusal] : []));
    expect(refused.every((refusal) => refusal instanceof Refusal && refusal.code === 'overloaded' && refusal.retryable)).toBe(
      true,
    );
    await expect(passwords.hash('correct horse')).resolves.toContain('$argon2id$');
  });

  test('one that fails gives its place on', async () => {
    const passwords = new Argon2Passwords({ atOnce: 1, cost: cheap });
    const [bad, good] = await Promise.allSettled([passwords.verify('no hash', 'x'), passwords.hash('correct horse')]);
    expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled']);
  });
});
