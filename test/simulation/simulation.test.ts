import { describe, expect, test } from 'vitest';
import { PLANTED } from './planted.js';
import { run } from './run.js';
import { SOMETIMES } from './sometimes.js';

/** Those of each run of the tests, and on until all that is to be tried was; the command tries more. */
const TRIED = { from: 116, seeds: 16 };

/** Seeds that showed a bug once, and what it was. */
const ONCE_FAILED: readonly [seed: number, what: string][] = [
  [2, 'R6 a member who joined by two devices at once was taken in twice'],
  [4, 'a conversation that was left told of messages that came then'],
  [5, 'loadOlder said that there was nothing, where the page had come live before'],
  [7, 'a message that was healed did not say that it was deleted'],
  [14, 'receipts of the time of a block were never told'],
  [31, 'R6 a block whose answer was lost was told to nobody'],
  [34, 'R1 a cursor that waited with a message took the message’s outcome'],
  [49, 'events before the first inbox were taken as those of somebody else'],
  [309, 'R11 what was read as the lease ran out was not read again'],
  [53, 'a mark of what is archived that could not be stored was stored no more'],
  [237, 'D4 a conversation that moved while the inbox was read page by page was on no page'],
  [77, 'D10 a server did not close its stores when it could not write down who left'],
];

describe('whole servers under simulated time', () => {
  test('a seed always does the same, to the last frame', async () => {
    const [one, two] = [await traced(3), await traced(3)];
    expect(one.lines.length).toBeGreaterThan(1_000);
    expect(two).toEqual(one);
    expect((await traced(4)).hash).not.toBe(one.hash);
  });

  for (const [seed, what] of ONCE_FAILED) {
    test(`seed ${seed}: ${what}`, async () => {
      expect((await run({ seed })).violations).toEqual([]);
    });
  }

  test(
    'D1 D2 D3 D4 D5 D7 D10 D11 P1 every promise holds, whatever fails, and all that is to be tried was',
    { timeout: 120_000 },
    async () => {
      const happened = new Set<string>();
      for (let seed = TRIED.from; seed < TRIED.from + TRIED.seeds || missing(happened).length > 0; seed++) {
        const { violations, happened: its } = await run({ seed });
        expect(violations, `npm run sim -- --seed ${seed} --trace`).toEqual([]);
        for (const word of its.keys()) happened.add(word);
      }
    },
  );

  test('a planted bug is caught: by the checker of what it breaks', { timeout: 120_000 }, async () => {
    expect(await caughtBy('R3 forgets client ids', 20)).toContain('no duplicate');
    expect(await caughtBy('R20 lets cursors go back', 20)).toContain('monotone cursors');
    expect(await caughtBy('R20 a device acknowledges over a gap', 20)).toContain('receipts imply delivery');
    expect(await caughtBy('R19 takes a failed write of the archive for done', 20)).toContain('no loss');
  });
});

async function traced(seed: number): Promise<{ hash: string; lines: string[] }> {
  const lines: string[] = [];
  const { hash } = await run({ seed, trace: (line) => lines.push(line) });
  return { hash, lines };
}

const missing = (happened: ReadonlySet<string>) => Object.values(SOMETIMES).filter((word) => !happened.has(word));

async function caughtBy(name: string, seeds: number): Promise<string[]> {
  const bug = PLANTED[name];
  if (bug === undefined) throw new Error(`there is no planted bug ${name}`);
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await run({ seed, bug });
    if (violations.length > 0) return violations.map(({ checker }) => checker);
  }
  return [];
}
