import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { harmless } from './harmless.js';
import { rendered } from './render.js';
import { bad, dim, name } from './row.js';
import { ago, shortTime } from './time.js';
import { cut, widthOf } from './width.js';

const plain = (width: number) => ({ width, hasColour: false });
const anyText = fc.string({ unit: 'binary' });

describe('other people’s text in a terminal', () => {
  test('control characters are shown, not obeyed', () => {
    expect(harmless('\u001b[31mred\u0007\u009b2J')).toBe('\\u001b[31mred\\u0007\\u009b2J');
  });

  test('the direction of writing cannot be turned round', () => {
    expect(harmless('a\u202eb\u2066c\u200fd')).toBe('a\\u202eb\\u2066c\\u200fd');
  });

  test('nothing that drives a terminal passes the renderer, whatever was written, in whatever tone', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, width) => {
        for (const line of rendered([text, dim(text), [name(text), bad(text)]], plain(width))) {
          // oxlint-disable-next-line no-control-regex -- these are what must not be there
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
        }
      }),
    );
  });

  test('colour is the only escape there is, and only where it is wanted', () => {
    expect(rendered([['a', bad('b\u001b[0m')]], { width: 80, hasColour: true })).toEqual(['a\u001b[31mb\\u001b[0m\u001b[0m']);
    expect(rendered([['a', bad('b')]], plain(80))).toEqual(['ab']);
  });
});

describe('on a narrow terminal', () => {
  test('lines are no wider than it, and nothing but blanks is lost', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 60 }), (text, width) => {
        const lines = rendered([text], plain(width));
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        const bare = (of: string) => of.replaceAll(/\s/g, '');
        expect(bare(lines.join(''))).toBe(bare(harmless(text)));
      }),
    );
  });

  test('text breaks between words, and goes on indented', () => {
    expect(rendered(['1 12:00 ann: the quick brown fox jumps'], plain(24))).toEqual([
      '1 12:00 ann: the quick',
      '    brown fox jumps',
    ]);
  });

  test('a word that is too long breaks where the line ends', () => {
    expect(rendered(['a'.repeat(10)], plain(4))).toEqual(['aaaa', 'aaaa', 'aa']);
  });

  test('line breaks of a message stay, indented, so that no line of it looks like another’s message', () => {
    expect(rendered(['1 ann: one\n2 bob: two'], plain(80))).toEqual(['1 ann: one', '    2 bob: two']);
    expect(rendered(['1 ann: one\n2 bob: two'], plain(Infinity))).toEqual(['1 ann: one', '    2 bob: two']);
  });

  test('wide letters and emoji take two columns, accents none', () => {
    expect(widthOf('日本語')).toBe(6);
    expect(widthOf('👍🏽')).toBe(2);
    expect(widthOf('e\u0301')).toBe(1);
    expect(rendered(['日本語日本語'], plain(6))).toEqual(['日本語', '日本語']);
  });

  test('a long text is cut to a line', () => {
    expect(cut('one\ntwo three', 8)).toBe('one two…');
    expect(cut('日本語', 4)).toBe('日…');
    expect(cut('short', 8)).toBe('short');
  });

  test('16 KiB in a pipe are rendered at once', () => {
    expect(rendered(['word '.repeat(3_200)], plain(Infinity))).toHaveLength(1);
  });
});

describe('times', () => {
  const noon = new Date(2026, 10, 24, 12, 5).getTime();

  test('today shows as the time of day, other days as the date', () => {
    expect(shortTime(noon, noon + 60_000)).toBe('12:05');
    expect(shortTime(noon, noon + 86_400_000)).toBe('2026-11-24');
  });

  test('how long ago, in one unit', () => {
    expect([5, 65, 7_300, 200_000].map((seconds) => ago(noon - seconds * 1_000, noon))).toEqual([
      '5 s ago',
      '1 min ago',
      '2 h ago',
      '2 d ago',
    ]);
  });
});
